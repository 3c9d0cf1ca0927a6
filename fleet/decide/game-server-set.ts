import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import { aliveOf, startingOf, type Tally } from "./tally.ts";

/** How much one pass may do; what is left is done by the next. */
export interface PassLimits {
  readonly creationsMax: number;
  readonly shutdownsMax: number;
  readonly startingMax: number;
}

export interface SetDecision {
  readonly create: number;
  /** Servers too many; `pickSurplus` says which. */
  readonly remove: number;
}

/** How many servers bring a set to `replicas`. Counts only, so that it costs the same for 10 and 100,000. */
export function decideGameServerSet(
  replicas: number,
  tally: Tally,
  limits: PassLimits,
): SetDecision {
  const missing = replicas - aliveOf(tally);
  const headroom = Math.min(limits.creationsMax, limits.startingMax - startingOf(tally));
  return {
    create: Math.max(0, Math.min(missing, headroom)),
    remove: Math.min(Math.max(0, -missing), limits.shutdownsMax),
  };
}

/** One server seen by the order of removal. */
export interface SurplusCandidate {
  readonly server: GameServer;
  /** Ready and Allocated servers on its node. */
  readonly nodeLoad: number;
}

/**
 * The servers to remove first, in Agones' order: Packed frees the emptiest node (not yet placed, then not yet ready,
 * then least loaded node, then name); Distributed removes the newest. A held server is never among them.
 */
export function pickSurplus(
  candidates: readonly SurplusCandidate[],
  count: number,
  scheduling: Scheduling,
): readonly GameServer[] {
  const free = candidates.filter(({ server }) => isSurplus(server));
  const order = scheduling === "Packed" ? byPacked : byAge;
  return [...free]
    .sort(order)
    .slice(0, count)
    .map(({ server }) => server);
}

/** A broken server is replaced: at once when Unhealthy, after `errorDelayMs` when it could not even start. */
export function decideBroken(
  server: GameServer,
  sinceMs: number,
  errorDelayMs: number,
): { readonly remove: boolean; readonly because: Reason; readonly retryInMs?: number } {
  const waits = server.status.state === "Error" ? errorDelayMs - sinceMs : 0;
  return waits > 0
    ? { remove: false, because: "Broken", retryInMs: waits }
    : { remove: true, because: "Broken" };
}

function isSurplus({ status, metadata }: GameServer): boolean {
  const row = GAME_SERVER_STATES[status.state];
  return !row.held && !metadata.deletionTimestamp && ["starting", "up"].includes(row.counts);
}

function stage({ status }: GameServer): number {
  if (status.nodeName === "") return 0;
  return GAME_SERVER_STATES[status.state].counts === "starting" ? 1 : 2;
}

function byPacked(a: SurplusCandidate, b: SurplusCandidate): number {
  return (
    stage(a.server) - stage(b.server) ||
    a.nodeLoad - b.nodeLoad ||
    compare(a.server.status.nodeName, b.server.status.nodeName) ||
    compare(a.server.metadata.name, b.server.metadata.name)
  );
}

function byAge(a: SurplusCandidate, b: SurplusCandidate): number {
  return (
    compare(b.server.metadata.creationTimestamp, a.server.metadata.creationTimestamp) ||
    compare(a.server.metadata.name, b.server.metadata.name)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
