import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import type { Reason } from "../../core/model/reason.ts";
import { sameJson } from "../../core/std/json.ts";
import { holdStill, recreate, roll, type SetSeen, type Target } from "./rollout.ts";
import { aliveOf, tallyOf } from "./tally.ts";

export type FleetAction =
  | { readonly do: "createSet"; readonly replicas: number; readonly because: Reason }
  | {
      readonly do: "scaleSet";
      readonly set: GameServerSet;
      readonly replicas: number;
      readonly because: Reason;
    }
  /** The set takes over what a fleet may change without a rollout. */
  | { readonly do: "configureSet"; readonly set: GameServerSet; readonly because: Reason }
  | { readonly do: "deleteSet"; readonly set: GameServerSet; readonly because: Reason }
  | { readonly do: "removeFleet"; readonly because: Reason };

/** The set that has the fleet's template: the one that a rollout fills. */
export function isActive(fleet: Fleet, set: GameServerSet): boolean {
  return !set.metadata.deletionTimestamp && sameJson(set.spec.template, fleet.spec.template);
}

/**
 * What brings a fleet's sets to its spec. The set that has the fleet's template is the active one; the others are left
 * to end. Held servers of old sets count against `replicas`; a set asked for fewer than it holds keeps what it holds.
 */
export function decideFleet(fleet: Fleet, seen: readonly SetSeen[]): readonly FleetAction[] {
  const there = seen.filter(({ set }) => !set.metadata.deletionTimestamp);
  if (fleet.metadata.deletionTimestamp) return endFleet(seen, there);
  const active = there.find(({ set }) => isActive(fleet, set));
  const old = there.filter((one) => one !== active);
  return [...targetsOf(fleet, active, old), ...configure(fleet, there)];
}

function targetsOf(
  fleet: Fleet,
  active: SetSeen | undefined,
  old: readonly SetSeen[],
): FleetAction[] {
  const { replicas, strategy, paused } = fleet.spec;
  if (!active && old.length === 0) return [{ do: "createSet", replicas, because: "Created" }];
  if (active && old.length === 0)
    return scale({ seen: active, replicas }, replicas > active.set.spec.replicas);
  if (paused) return holdStill(replicas, active, old).flatMap((target) => scale(target));
  const step =
    strategy.type === "Recreate"
      ? recreate(replicas, active ?? NONE, old)
      : roll(fleet, active ?? NONE, old);
  const because = strategy.type === "Recreate" ? "Recreated" : "RollingUpdate";
  const first: FleetAction[] = active
    ? scaleTo(active.set, step.active, because)
    : [{ do: "createSet", replicas: step.active, because }];
  return [...first, ...step.old.flatMap((target) => shrink(target, because))];
}

/** What stands for the active set before it is made. */
const NONE: SetSeen = {
  set: { spec: { replicas: 0 } } as GameServerSet,
  tally: tallyOf(() => 0),
};

/** An old set goes when nothing of it is left and nothing of it is wanted. */
function shrink({ seen: { set, tally }, replicas }: Target, because: Reason): FleetAction[] {
  if (replicas === 0 && aliveOf(tally) === 0) return [{ do: "deleteSet", set, because }];
  return scaleTo(set, replicas, because);
}

/** A fleet that is deleted with a deadline stays until its last held server is gone. */
function endFleet(seen: readonly SetSeen[], there: readonly SetSeen[]): FleetAction[] {
  if (seen.length === 0) return [{ do: "removeFleet", because: "Deleted" }];
  return there.flatMap((one) => shrink({ seen: one, replicas: 0 }, "Deleted"));
}

function configure({ spec }: Fleet, there: readonly SetSeen[]): FleetAction[] {
  const { scheduling, priorities, allocationOverflow } = spec;
  const wanted = { scheduling, priorities, allocationOverflow };
  return there
    .filter(({ set }) => !sameJson(wanted, configOf(set)))
    .map(({ set }) => ({ do: "configureSet", set, because: "Updated" }));
}
function configOf({ spec }: GameServerSet): object {
  const { scheduling, priorities, allocationOverflow } = spec;
  return { scheduling, priorities, allocationOverflow };
}

function scale(
  { seen, replicas }: Target,
  isUp = replicas > seen.set.spec.replicas,
): FleetAction[] {
  return scaleTo(seen.set, replicas, isUp ? "ScaleUp" : "ScaleDown");
}

function scaleTo(set: GameServerSet, replicas: number, because: Reason): FleetAction[] {
  if (set.spec.replicas === replicas) return [];
  return [{ do: "scaleSet", set, replicas, because }];
}
