import { type AllocationOverflow, DRAINING_SINCE } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Labels } from "../../core/model/resource.ts";

export interface OverflowInput {
  /** Held servers of the set, those that a scale-down would take first at the front. */
  readonly held: readonly GameServer[];
  /** Servers of the set that have been told to end, in whatever state. */
  readonly draining: readonly GameServer[];
  readonly replicas: number;
  /** Labels and annotations for Allocated servers beyond `replicas`, as Agones has them. */
  readonly overflow: AllocationOverflow | undefined;
  /** How many held servers are to end: those beyond `replicas`, or all of an old set. Zero without a deadline. */
  readonly drains: number;
  /** RFC 3339. */
  readonly now: string;
  /** Servers changed in one pass. */
  readonly changesMax: number;
}
export interface OverflowChange {
  readonly server: GameServer;
  /** Merge patch of the metadata. */
  readonly metadata: { readonly labels?: Labels; readonly annotations?: Patch };
  readonly because: Reason;
  readonly message: string;
}
type Patch = { readonly [key: string]: string | null };

/**
 * What says to held servers that they are too many. Who has been told stays told, so that it is never one after another;
 * who is no longer too many stops draining. Agones' overflow labels stay where they were put, as on Agones.
 */
export function decideOverflow(input: OverflowInput): readonly OverflowChange[] {
  const changes = [...marks(input), ...drains(input), ...strays(input)];
  return changes.slice(0, input.changesMax);
}

function marks({ held, replicas, overflow }: OverflowInput): OverflowChange[] {
  if (!overflow || isEmpty(overflow)) return [];
  const allocated = held.filter(({ status }) => status.state === "Allocated");
  const bare = allocated.filter((server) => !isMarked(server, overflow));
  const wanted = allocated.length - replicas - (allocated.length - bare.length);
  const message = `${allocated.length} are allocated, the set has ${replicas} replicas`;
  const metadata = {
    ...(overflow.labels ? { labels: overflow.labels } : {}),
    ...(overflow.annotations ? { annotations: overflow.annotations } : {}),
  };
  return bare
    .slice(0, Math.max(0, wanted))
    .map((server) => ({ server, metadata, because: "Overflow", message }));
}

function drains({ held, drains: wanted, now }: OverflowInput): OverflowChange[] {
  const draining = held.filter(isDraining);
  const others = held.filter((server) => !isDraining(server));
  const begin = others.slice(0, Math.max(0, wanted - draining.length)).map((server) => ({
    server,
    metadata: { annotations: { [DRAINING_SINCE]: now } },
    because: "Draining" as const,
    message: `${wanted} of ${held.length} held servers of its set are to end`,
  }));
  const end = draining.slice(wanted).map((server) => ({
    server,
    metadata: { annotations: { [DRAINING_SINCE]: null } },
    because: "Updated" as const,
    message: "it need not drain any more",
  }));
  return [...begin, ...end];
}

/** Somebody else set the state of a draining server: it is free, and must not end as soon as it is held again. */
function strays({ draining }: OverflowInput): OverflowChange[] {
  const free = draining.filter(({ metadata, status }) => {
    const { held, counts } = GAME_SERVER_STATES[status.state];
    return !held && counts === "up" && !metadata.deletionTimestamp;
  });
  return free.map((server) => ({
    server,
    metadata: { annotations: { [DRAINING_SINCE]: null } },
    because: "Updated",
    message: "it is not held any more and need not drain",
  }));
}

export function isDraining({ metadata }: GameServer): boolean {
  return metadata.annotations?.[DRAINING_SINCE] !== undefined;
}

/** The annotations that a server changes when its hold ends: who is held next has a time of its own to drain. */
export function endOfDrain(server: GameServer): Patch | undefined {
  return isDraining(server) ? { [DRAINING_SINCE]: null } : undefined;
}

function isEmpty({ labels = {}, annotations = {} }: AllocationOverflow): boolean {
  return Object.keys(labels).length + Object.keys(annotations).length === 0;
}
function isMarked({ metadata }: GameServer, { labels, annotations }: AllocationOverflow): boolean {
  return holds(metadata.labels, labels) && holds(metadata.annotations, annotations);
}
function holds(found: Labels = {}, wanted: Labels = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => found[key] === value);
}
