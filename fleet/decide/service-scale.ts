import { cpuBasisOf } from "../../core/model/container.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Service, ServiceScalingStatus } from "../../core/model/service.ts";
import { NO_MEMORY, type ScaleMemory } from "./autoscale/behavior.ts";
import type { CpuReadings, FleetFacts } from "./autoscale/want.ts";
import { decideScale } from "./autoscaler.ts";

export interface ServiceScaleDecision {
  readonly desired: number;
  /** A bound changed what the CPU asks for. */
  readonly limited: boolean;
  /** ScaleUp, ScaleDown, Steady; or why the replicas are not what the CPU asks for. */
  readonly because: Reason;
  readonly message: string;
  readonly memory: ScaleMemory;
}

/**
 * How many replicas a service is to have for the CPU of those that run; undefined without `autoscaling`. The numbers are
 * a FleetAutoscaler's CPU policy's. Without measurements that can be trusted the replicas stay as they are, within the
 * bounds; a service that somebody scaled to 0 stays there. `now` is monotonic, in milliseconds.
 */
export function decideServiceScale(
  { spec }: Service,
  readings: CpuReadings,
  memory: ScaleMemory,
  now: number,
): ServiceScaleDecision | undefined {
  const { autoscaling, replicas, template } = spec;
  if (!autoscaling) return undefined;
  if (replicas === 0) return RESTS;
  const { cpu, behavior, minReplicas, maxReplicas } = autoscaling;
  const policy = { type: "CPU", cpu: { ...cpu, minReplicas, maxReplicas } } as const;
  const facts = factsOf(replicas, readings, cpuBasisOf(template.spec));
  // Nothing is said of former wishes: a service without measurements keeps what it has.
  const {
    applied: _,
    policies: _parts,
    ...decision
  } = decideScale({ policy, behavior }, facts, { last: [], memory }, { now, monotonic: now });
  return decision;
}

const RESTS: ServiceScaleDecision = {
  desired: 0,
  limited: false,
  because: "PolicyInactive",
  message: "it was scaled to 0, and rests until somebody scales it to 1 or more",
  memory: NO_MEMORY,
};

/** A service has no held replicas and nobody who waits for one. */
function factsOf(current: number, readings: CpuReadings, cpuBasisMilli: number): FleetFacts {
  return {
    current,
    replicas: readings.length,
    ...{ allocated: 0, held: 0, demand: 0 },
    ...{ template: {}, counters: {}, lists: {}, removable: () => [] },
    cpu: () => readings,
    webhook: () => undefined,
    cpuBasisMilli,
    nouns: "replicas",
    idle: "no replica runs yet",
  };
}

/** The decision for people. */
export function serviceScalingStatusOf(
  { desired, limited, because, message }: ServiceScaleDecision,
  currentReplicas: number,
): ServiceScalingStatus {
  return {
    currentReplicas,
    desiredReplicas: desired,
    scalingLimited: limited,
    reason: because,
    message,
  };
}
