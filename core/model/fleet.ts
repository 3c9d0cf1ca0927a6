import type { GameServerSpec, Scheduling } from "./game-server.ts";
import type { Labels, ResourceOf } from "./resource.ts";

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

/** Labels that Agones sets, and its clients select by. */
export const FLEET_LABEL = "agones.dev/fleet";
export const SET_LABEL = "agones.dev/gameserverset";
