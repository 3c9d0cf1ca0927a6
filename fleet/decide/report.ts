import type { Container, ContainerPhase, ContainerStatus } from "../../core/model/container.ts";
import type {
  Address,
  ContainerSeen,
  GameServer,
  GameServerStatus,
} from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATES,
  type GameServerState,
  mayBecome,
} from "../../core/model/game-server-state.ts";
import type { Report } from "../../core/model/link.ts";
import type { Reason } from "../../core/model/reason.ts";

/** What a report means for the resource: a new status, its removal, or nothing new. */
export type ReportDecision<Status> =
  | {
      readonly do: "update";
      readonly status: Status;
      readonly because: Reason;
      readonly message: string;
    }
  | { readonly do: "remove"; readonly because: Reason }
  | { readonly do: "nothing" };

export interface NodeAddress {
  readonly address: string;
  readonly addresses: readonly Address[];
}

/** Takes a node's report about a GameServer's container into its status. A report never revives a broken server. */
export function decideGameServerReport(
  server: GameServer,
  report: Report,
  node: NodeAddress,
): ReportDecision<GameServerStatus> {
  const { status, metadata } = server;
  const leaving = metadata.deletionTimestamp !== undefined || status.state === "Shutdown";
  if (report.seen === "removed" && leaving) return { do: "remove", because: "Deleted" };
  const next = nextState(server, report);
  const seen = seenOf(report, status.container);
  const withSeen = { ...status, ...(seen ? { container: seen } : {}) };
  if (report.seen === "running" && GAME_SERVER_STATES[status.state].runs) {
    const addresses = addressesOf(node, report.address);
    const state = next?.state ?? status.state;
    return update(
      { ...withSeen, state, address: node.address, addresses },
      report.adopted ? "Adopted" : "Started",
      report.message ?? "",
    );
  }
  if (!next)
    return seen && !sameSeen(seen, status.container)
      ? update(withSeen, "Updated", "")
      : { do: "nothing" };
  const { state, because, message } = next;
  // Rooms were made on it while it was Allocated, which it no longer is.
  const { rooms: _, ...kept } = withSeen;
  return update({ ...kept, state, reason: because, message }, because, message);
}

type Next = { readonly state: GameServerState; readonly because: Reason; readonly message: string };

/** Agones' rules: exit 0 is a Shutdown, any other end is Unhealthy, a container that never ran is an Error. */
function nextState({ status, metadata }: GameServer, report: Report): Next | undefined {
  const { state } = status;
  if (metadata.deletionTimestamp || !GAME_SERVER_STATES[state].runs) return undefined;
  const to = (next: GameServerState, because: Reason, message: string): Next | undefined =>
    mayBecome(state, next) ? { state: next, because, message } : undefined;
  switch (report.seen) {
    case "running":
      return state === "Starting" ? to("Scheduled", "Started", "") : undefined;
    case "exited":
      return report.exitCode === 0 && !report.oomKilled
        ? to("Shutdown", "Completed", "the game ended with exit code 0")
        : to("Unhealthy", report.oomKilled ? "OOMKilled" : "Exited", endOf(report));
    case "failed":
      return to(
        "Error",
        report.reason ?? "StartFailed",
        report.message ?? "it could not be started",
      );
    case "removed":
      return to("Unhealthy", "ContainerGone", "its container is gone from the node");
    default:
      return undefined;
  }
}

const PHASES: Readonly<Record<Exclude<Report["seen"], "removed">, ContainerPhase>> = {
  starting: "Starting",
  running: "Running",
  exited: "Exited",
  failed: "Failed",
  backoff: "Backoff",
  stopped: "Stopped",
};
const REASON_OF: Readonly<Record<Report["seen"], Reason>> = {
  starting: "Starting",
  running: "Started",
  exited: "Exited",
  failed: "StartFailed",
  backoff: "BackOff",
  stopped: "Stopped",
  removed: "ContainerGone",
};

/** A Container without a node. */
export const UNPLACED: ContainerStatus = { phase: "Pending", nodeName: "", address: "", ports: [] };

/** The same for a Container, whose phase is simply what the node saw last. */
export function decideContainerReport(
  container: Container,
  report: Report,
): ReportDecision<ContainerStatus> {
  const { status, metadata, spec } = container;
  if (report.seen === "removed") {
    if (metadata.deletionTimestamp) return { do: "remove", because: "Deleted" };
    if (status.moving) return update(UNPLACED, "NodeDrain", "it has left its node");
    if (spec.running || status.phase === "Stopped") return { do: "nothing" };
    return update({ ...status, phase: "Stopped" }, "Stopped", "");
  }
  const seen = seenOf(report, status.container);
  const because = report.oomKilled ? "OOMKilled" : (report.reason ?? REASON_OF[report.seen]);
  const message = report.message ?? (report.finishedAt ? endOf(report) : "");
  const { reason: _r, message: _m, ...kept } = status;
  const next: ContainerStatus = {
    ...kept,
    phase: PHASES[report.seen],
    address: report.address ?? status.address,
    ready: report.seen === "running" && report.ready === true,
    ...(seen ? { container: seen } : {}),
    ...(report.seen === "running" ? {} : { reason: because, message }),
  };
  return update(next, report.adopted ? "Adopted" : because, message);
}

function endOf({ exitCode, signal, oomKilled }: Report): string {
  if (oomKilled) return "killed by the kernel: it was over its memory limit";
  return signal ? `ended by signal ${signal}` : `ended with exit code ${exitCode ?? "unknown"}`;
}

function addressesOf(node: NodeAddress, container: string | undefined): Address[] {
  return container
    ? [...node.addresses, { type: "PodIP", address: container }]
    : [...node.addresses];
}

function seenOf(report: Report, before: ContainerSeen | undefined): ContainerSeen | undefined {
  if (report.seen === "removed") return before;
  const { id, pid, startedAt, finishedAt, exitCode, signal, oomKilled, restarts } = report;
  const given = Object.entries({
    pid,
    startedAt,
    finishedAt,
    exitCode,
    signal,
    oomKilled,
    restarts,
  });
  return { id, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}

function sameSeen(a: ContainerSeen, b: ContainerSeen | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

function update<Status>(status: Status, because: Reason, message: string): ReportDecision<Status> {
  return { do: "update", status, because, message };
}
