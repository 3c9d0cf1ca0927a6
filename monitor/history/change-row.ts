import { GONE, type HistoryKind, type HistoryRow } from "../../core/model/history.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Cause } from "../../store/resource-store.ts";
import { fleetOf, historyStateOf, isFollowed, nodeOf } from "./state-of.ts";

/** A change as the head told it. */
export interface Change {
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  readonly cause: Cause | undefined;
  readonly atMs: number;
}

export const MESSAGE_CHARS_MAX = 400;
const BY_CHARS_MAX = 200;

/** The line of a change. Pure; undefined for a kind that has no history. */
export function rowOf({ before, after, cause, atMs }: Change, id: number): HistoryRow | undefined {
  const one = after ?? before;
  if (!isFollowed(one)) return undefined;
  const from = isFollowed(before) ? historyStateOf(before) : "";
  const to = isFollowed(after) ? historyStateOf(after) : GONE;
  const { namespace, name, uid } = one.metadata;
  const fleet = fleetOf(one);
  const node = nodeOf(one) ?? (isFollowed(before) ? nodeOf(before) : undefined);
  const message = cause?.message || messageOf(before, after);
  return {
    ...{ id, atMs, kind: one.kind, namespace, name, uid },
    ...(fleet ? { fleet } : {}),
    ...(node ? { node } : {}),
    ...{ from, to, reason: reasonOf(one.kind, from, to, { before, after, cause }) },
    ...(message ? { message: message.slice(0, MESSAGE_CHARS_MAX) } : {}),
    by: (cause?.by ?? "controller").slice(0, BY_CHARS_MAX),
  };
}

/** What the writer said; else what the object says of itself now; else what the move means. */
function reasonOf(
  kind: HistoryKind,
  from: string,
  to: string,
  { before, after, cause }: Pick<Change, "before" | "after" | "cause">,
): Reason {
  // One commit may change several: what was done to the room is not what was done to its server.
  const said = cause?.reason;
  if (said && !(said === "Updated" && from !== to)) return said;
  const own = statusText(after, "reason");
  if (own && own !== statusText(before, "reason")) return own as Reason;
  return meaningOf(kind, from, to) ?? said ?? "Updated";
}

function meaningOf(kind: HistoryKind, from: string, to: string): Reason | undefined {
  if (to === GONE || to === "Terminating") return kind === "Room" ? "RoomClosed" : "Deleted";
  if (from === "") return kind === "Room" ? "RoomMade" : "Created";
  if (kind === "GameServer" && to === "Allocated") return "Allocated";
  if (kind === "GameServer" && from === "Allocated" && to === "Ready") return "Unallocated";
  if (kind === "Container" && from === to) return "Restarted";
  if (kind === "Node") return nodeMeaning(from, to);
  return undefined;
}

function nodeMeaning(from: string, to: string): Reason | undefined {
  const [wasReady, was] = from.split(", ");
  const [isReady, is] = to.split(", ");
  if (wasReady !== isReady)
    return isReady === "Ready" ? "NodeReady" : isReady === "Lost" ? "NodeLost" : "NodeNotReady";
  if (is === "draining") return "NodeDrain";
  return is === "cordoned" ? "Cordoned" : was ? "Uncordoned" : undefined;
}

function messageOf(before: Resource | undefined, after: Resource | undefined): string | undefined {
  const is = statusText(after, "message");
  return is === statusText(before, "message") ? undefined : is;
}

function statusText(
  resource: Resource | undefined,
  field: "reason" | "message",
): string | undefined {
  const status = resource?.status as { readonly [name: string]: unknown } | undefined;
  const text = status?.[field];
  return typeof text === "string" && text !== "" ? text : undefined;
}
