import type { Container } from "../../core/model/container.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { HistoryKind } from "../../core/model/history.ts";
import type { Node } from "../../core/model/node.ts";
import type { Resource } from "../../core/model/resource.ts";

type Followed = Extract<Resource, { kind: HistoryKind }>;

/** True for the kinds whose changes are kept. */
export function isFollowed(resource: Resource | undefined): resource is Followed {
  switch (resource?.kind) {
    case "GameServer":
    case "Container":
    case "Service":
    case "Fleet":
    case "Node":
    case "Room":
      return true;
    default:
      return false;
  }
}

/** The one word, or few, that a resource's history shows as its state. Pure. */
export function historyStateOf(resource: Followed): string {
  if (resource.metadata.deletionTimestamp !== undefined) return "Terminating";
  switch (resource.kind) {
    case "GameServer":
      return resource.status.state;
    case "Container":
      return containerState(resource);
    case "Service":
      return `${resource.status.readyReplicas}/${resource.spec.replicas} ready`;
    case "Fleet":
      return `${resource.spec.replicas} wanted`;
    case "Node":
      return nodeState(resource);
    case "Room":
      return resource.spec.open ? "Open" : "Closed";
  }
}

/** A wish that the node has not followed yet is a state of its own: who had it is told there. */
function containerState({ spec, status }: Container): string {
  const { phase } = status;
  if (!spec.running && phase !== "Stopped") return "Stopping";
  return phase === "Running" && status.ready === false ? "Running, not ready" : phase;
}

function nodeState({ spec, status }: Node): string {
  const state = status.ready ? "Ready" : status.lost ? "Lost" : "NotReady";
  if (spec.drain) return `${state}, draining`;
  return spec.unschedulable ? `${state}, cordoned` : state;
}

/** True when a change is worth a line: another state, another node, or what a person asked for. Cheap: it is on the hot path. */
export function isWorthALine(before: Followed | undefined, after: Followed | undefined): boolean {
  if (!before || !after) return true;
  if (before.kind === "GameServer" && after.kind === "GameServer")
    return (
      before.status.state !== after.status.state ||
      before.status.nodeName !== after.status.nodeName ||
      before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp
    );
  if (historyStateOf(before) !== historyStateOf(after)) return true;
  if (before.kind === "Fleet") return before.metadata.generation !== after.metadata.generation;
  if (before.kind !== "Container" || after.kind !== "Container") return false;
  return (
    before.spec.restartedAt !== after.spec.restartedAt ||
    before.status.nodeName !== after.status.nodeName ||
    (before.status.container?.restarts ?? 0) !== (after.status.container?.restarts ?? 0)
  );
}

/** The fleet that it belongs to. */
export function fleetOf(resource: Followed): string | undefined {
  if (resource.kind === "Fleet") return resource.metadata.name;
  if (resource.kind === "Room") return resource.spec.fleet;
  return resource.metadata.labels?.[FLEET_LABEL];
}

/** The node that it is on. */
export function nodeOf(resource: Followed): string | undefined {
  if (resource.kind === "Node") return resource.metadata.name;
  const { status } = resource;
  return "nodeName" in status && status.nodeName !== "" ? status.nodeName : undefined;
}
