import type { GameServerSpec, Scheduling } from "./game-server.ts";
import type { Labels, ObjectMeta, ResourceOf } from "./resource.ts";

export type IntOrPercent = number | string;
export interface Priority {
  readonly type: "Counter" | "List";
  readonly key: string;
  readonly order: "Ascending" | "Descending";
}
export interface GameServerTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: GameServerSpec;
}
export interface AllocationOverflow {
  readonly labels?: Labels;
  readonly annotations?: Labels;
}
export interface FleetSpec {
  readonly replicas: number;
  readonly strategy: {
    readonly type: "RollingUpdate" | "Recreate";
    readonly rollingUpdate?: {
      readonly maxSurge: IntOrPercent;
      readonly maxUnavailable: IntOrPercent;
    };
  };
  readonly scheduling: Scheduling;
  readonly priorities?: readonly Priority[];
  readonly allocationOverflow?: AllocationOverflow;
  /** Ours: no step of a rollout is taken while it is true. */
  readonly paused?: boolean;
  /** Ours: how long held servers of an old template, beyond the replicas or of a deleted fleet may go on. */
  readonly drainSeconds?: number;
  /** Ours: how long after its last allocation a server may stay Allocated. */
  readonly maxSessionAgeSeconds?: number;
  /** Ours: how many templates before the present one are kept for an undo; REVISIONS_KEPT when absent. */
  readonly revisionHistoryLimit?: number;
  readonly template: GameServerTemplate;
}
export interface AggregatedCounter {
  readonly allocatedCount: number;
  readonly allocatedCapacity: number;
  readonly count: number;
  readonly capacity: number;
}
export interface FleetStatus {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly reservedReplicas: number;
  readonly allocatedReplicas: number;
  readonly counters?: { readonly [key: string]: AggregatedCounter };
  readonly lists?: { readonly [key: string]: AggregatedCounter };
}
export interface Fleet extends ResourceOf<"Fleet", FleetSpec, FleetStatus> {}

export interface GameServerSetSpec {
  readonly replicas: number;
  readonly scheduling: Scheduling;
  readonly priorities?: readonly Priority[];
  readonly allocationOverflow?: AllocationOverflow;
  readonly template: GameServerTemplate;
}
export interface GameServerSetStatus extends FleetStatus {
  readonly shutdownReplicas: number;
}
export interface GameServerSet
  extends ResourceOf<"GameServerSet", GameServerSetSpec, GameServerSetStatus> {}

/** One template that a fleet had: what `rollout undo` goes back to. Made by the control plane, newest has the highest number. */
export interface FleetRevisionSpec {
  readonly revision: number;
  /** The fleet's annotation `kubernetes.io/change-cause` when it was made. */
  readonly changeCause?: string;
  readonly template: GameServerTemplate;
}
export type FleetRevisionStatus = Readonly<Record<string, never>>;
export interface FleetRevision
  extends ResourceOf<"FleetRevision", FleetRevisionSpec, FleetRevisionStatus> {}
export const REVISIONS_KEPT = 10;
export const CHANGE_CAUSE = "kubernetes.io/change-cause";
/** Annotation of a set: the revision of its template. */
export const REVISION = "flotilla.dev/revision";

/** The same as the fields, in a form that Agones keeps without knowing it. */
export const DRAIN_SECONDS = "flotilla.dev/drain-seconds";
export const MAX_SESSION_AGE_SECONDS = "flotilla.dev/max-session-age-seconds";
/** Annotation of a held server that is to end: since when (RFC 3339). */
export const DRAINING_SINCE = "flotilla.dev/draining-since";

/** Deadlines that a person set for held servers, in seconds; absent means never. */
export interface SessionLimits {
  readonly drainSeconds?: number;
  readonly maxSessionAgeSeconds?: number;
}

/** The deadlines of a fleet's held servers, by field or annotation; the grace period of a deletion is a drain, too. */
export function sessionLimitsOf({
  metadata,
  spec,
}: Pick<Fleet, "metadata" | "spec">): SessionLimits {
  const drain = graceOf(metadata) ?? spec.drainSeconds ?? secondsIn(metadata, DRAIN_SECONDS);
  const age = spec.maxSessionAgeSeconds ?? secondsIn(metadata, MAX_SESSION_AGE_SECONDS);
  return {
    ...(drain === undefined ? {} : { drainSeconds: drain }),
    ...(age === undefined ? {} : { maxSessionAgeSeconds: age }),
  };
}

function graceOf(metadata: ObjectMeta): number | undefined {
  return metadata.deletionTimestamp === undefined ? undefined : metadata.deletionGracePeriodSeconds;
}
function secondsIn({ annotations }: ObjectMeta, key: string): number | undefined {
  const text = annotations?.[key];
  return text !== undefined && SECONDS.test(text) ? Number(text) : undefined;
}
/** Whole seconds, up to some thirty years. */
export const SECONDS: RegExp = /^(0|[1-9][0-9]{0,8})$/;
export const SECONDS_MAX = 999_999_999;

/** Labels that Agones sets, and its clients select by. */
export const FLEET_LABEL = "agones.dev/fleet";
export const SET_LABEL = "agones.dev/gameserverset";
