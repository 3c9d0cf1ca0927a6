import {
  type FleetAutoscalerSpec,
  type PolicyStatus,
  replicaRangeOf,
} from "../../core/model/fleet-autoscaler.ts";
import type { Reason } from "../../core/model/reason.ts";
import { REPLICAS_MAX } from "../../core/model/schemas/fleet.ts";
import { behave, type ScaleMemory } from "./autoscale/behavior.ts";
import { decidePolicy } from "./autoscale/policy.ts";
import type { FleetFacts } from "./autoscale/want.ts";

/** Time, twice: the wall's for schedules, the monotonic one for windows; both in milliseconds. */
export interface ScaleTime {
  readonly now: number;
  readonly monotonic: number;
}
export interface ScaleDecision {
  readonly desired: number;
  /** A bound changed what the policy wants. */
  readonly limited: boolean;
  /** ScaleUp, ScaleDown, Steady; or why the fleet is not what its policy wants. */
  readonly because: Reason;
  /** The computation in words: what an event and `describe` show. */
  readonly message: string;
  readonly applied: string;
  readonly policies: readonly PolicyStatus[];
  readonly memory: ScaleMemory;
  /** Time alone may change the decision: look again in so many milliseconds. */
  readonly againInMs?: number;
}

const AGAIN_MS = 1_000;

/**
 * How many servers a fleet is to have: what its policy wants, followed as fast as `behavior` allows. The policy's
 * bounds hold last. `last` is what its parts wanted before.
 */
export function decideScale(
  spec: Pick<FleetAutoscalerSpec, "policy" | "behavior">,
  facts: FleetFacts,
  { last, memory }: { readonly last: readonly PolicyStatus[]; readonly memory: ScaleMemory },
  time: ScaleTime,
): ScaleDecision {
  const wish = decidePolicy(spec.policy, facts, last, time.now);
  const behaved = behave(spec.behavior, wish.desired, facts.current, memory, time.monotonic);
  const [min, max] = replicaRangeOf(spec.policy);
  const desired = Math.min(max, REPLICAS_MAX, Math.max(min, behaved.desired));
  const isClamped = desired !== behaved.desired;
  const isSlowed = behaved.because !== undefined && desired !== wish.desired;
  const direction =
    desired > facts.current ? "ScaleUp" : desired < facts.current ? "ScaleDown" : "Steady";
  const limited = wish.limited || isClamped;
  const slowed = isSlowed ? `; ${desired} for now, ${WORDS[behaved.because ?? "Stabilized"]}` : "";
  return {
    desired,
    limited,
    because:
      wish.because ??
      (isSlowed ? behaved.because : undefined) ??
      (limited ? "ScalingLimited" : direction),
    message: wish.message + slowed,
    applied: wish.applied,
    policies: wish.policies,
    memory: behaved.memory,
    ...(isSlowed || spec.behavior ? { againInMs: AGAIN_MS } : {}),
  };
}

const WORDS = {
  Stabilized: "until nothing else was wanted for the stabilization window",
  StepLimited: "as fast as behavior allows",
} as const;
