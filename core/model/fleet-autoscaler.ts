import type { IntOrPercent } from "./fleet.ts";
import type { Reason } from "./reason.ts";
import type { ResourceOf } from "./resource.ts";

interface ReplicaBounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}
export interface BufferPolicy extends ReplicaBounds {
  readonly bufferSize: IntOrPercent;
}
/** Agones' Counter and List policies: keep so much room free over all servers. */
export interface CapacityPolicy {
  readonly key: string;
  readonly bufferSize: IntOrPercent;
  readonly minCapacity: number;
  readonly maxCapacity: number;
}
/** Ours: servers for the players (or rooms) that a counter or list counts. One of the two targets is given. */
export interface PlayersPolicy extends ReplicaBounds {
  readonly type: "Counter" | "List";
  readonly key: string;
  /** So many on each server. */
  readonly perServer?: number;
  /** So many percent of each server's capacity. */
  readonly targetPercent?: number;
}
/** Ours: servers for the CPU that is used, in percent of the template's CPU request, or of its limit without one. */
export interface CpuPolicy extends ReplicaBounds {
  readonly meanPercent?: number;
  readonly p95Percent?: number;
  readonly staleAfterSeconds: number;
}

/** A program of the user says the number. */
export interface WebhookPolicy {
  readonly url: string;
  /** Base64 of PEM certificates: who may have signed the certificate of an https url, instead of the system's. */
  readonly caBundle?: string;
}

/** A policy that is not made of others. */
export type LeafPolicy =
  | { readonly type: "Buffer"; readonly buffer: BufferPolicy }
  | { readonly type: "Counter"; readonly counter: CapacityPolicy }
  | { readonly type: "List"; readonly list: CapacityPolicy }
  | { readonly type: "Players"; readonly players: PlayersPolicy }
  | { readonly type: "CPU"; readonly cpu: CpuPolicy }
  | { readonly type: "Webhook"; readonly webhook: WebhookPolicy };
export interface SchedulePolicy {
  readonly between?: { readonly start?: string; readonly end?: string };
  readonly activePeriod?: {
    readonly timezone?: string;
    readonly startCron?: string;
    readonly duration?: string;
  };
  readonly policy: LeafPolicy;
}
export type EntryPolicy =
  | LeafPolicy
  | { readonly type: "Schedule"; readonly schedule: SchedulePolicy };
export type PolicyEntry = EntryPolicy & { readonly id: string };
/** `Chain`: the first entry that can say a number counts. `Max` (ours): the highest number counts. */
export type FleetAutoscalerPolicy =
  | EntryPolicy
  | { readonly type: "Chain"; readonly chain: readonly PolicyEntry[] }
  | { readonly type: "Max"; readonly max: readonly PolicyEntry[] };

/** At most so much of a change within a period, as in a HorizontalPodAutoscaler. */
export interface ScalingStep {
  readonly type: "Replicas" | "Percent";
  readonly value: number;
  readonly periodSeconds: number;
}
export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  readonly policies: readonly ScalingStep[];
}
export interface ScalingBehavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

export interface FleetAutoscalerSpec {
  readonly fleetName: string;
  readonly policy: FleetAutoscalerPolicy;
  /** Ours. Without it every wish is followed at once, as Agones does. */
  readonly behavior?: ScalingBehavior;
  readonly sync: {
    readonly type: "FixedInterval";
    readonly fixedInterval: { readonly seconds: number };
  };
}

/** What one policy wants, and why. */
export interface PolicyStatus {
  readonly id: string;
  readonly type: FleetAutoscalerPolicy["type"];
  readonly desiredReplicas: number;
  readonly limited: boolean;
  /** Set while the policy cannot say a number and its last good one stands (or, in a chain, the next one is asked). */
  readonly reason?: Reason;
  readonly message: string;
}
export interface FleetAutoscalerStatus {
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly lastScaleTime?: string;
  readonly ableToScale: boolean;
  readonly scalingLimited: boolean;
  readonly lastAppliedPolicy?: string;
  readonly reason?: string;
  readonly message?: string;
  /** Ours, beside Agones' fields. */
  readonly policies?: readonly PolicyStatus[];
}
export interface FleetAutoscaler
  extends ResourceOf<"FleetAutoscaler", FleetAutoscalerSpec, FleetAutoscalerStatus> {}

/** The first and the last number of servers that a policy may ask for. */
export function replicaRangeOf(policy: FleetAutoscalerPolicy): readonly [number, number] {
  switch (policy.type) {
    case "Buffer":
      return [policy.buffer.minReplicas, policy.buffer.maxReplicas];
    case "Players":
      return [policy.players.minReplicas, policy.players.maxReplicas];
    case "CPU":
      return [policy.cpu.minReplicas, policy.cpu.maxReplicas];
    case "Schedule":
      return [0, replicaRangeOf(policy.schedule.policy)[1]];
    case "Max": {
      const ranges = policy.max.map((entry) => replicaRangeOf(entry));
      return [
        Math.max(0, ...ranges.map(([min]) => min)),
        Math.max(0, ...ranges.map(([, max]) => max)),
      ];
    }
    case "Chain": {
      const ranges = policy.chain.map((entry) => replicaRangeOf(entry));
      return [
        Math.min(...ranges.map(([min]) => min)),
        Math.max(0, ...ranges.map(([, max]) => max)),
      ];
    }
    default:
      return [0, Number.POSITIVE_INFINITY];
  }
}
