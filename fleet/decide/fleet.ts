import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import { resolveIntOrPercent } from "../../core/model/int-or-percent.ts";
import type { Reason } from "../../core/model/reason.ts";
import { sameJson } from "../../core/std/json.ts";
import { aliveOf, availableOf, heldOf, type Tally } from "./tally.ts";

export interface SetSeen {
  readonly set: GameServerSet;
  readonly tally: Tally;
}
export type FleetAction =
  | { readonly do: "createSet"; readonly replicas: number; readonly because: Reason }
  | {
      readonly do: "scaleSet";
      readonly set: GameServerSet;
      readonly replicas: number;
      readonly because: Reason;
    }
  | { readonly do: "deleteSet"; readonly set: GameServerSet; readonly because: Reason };

/**
 * What brings a fleet's sets to its spec. The set that has the fleet's template is the active one; the others are left
 * to end. Held servers of old sets count against `replicas`, and no action ever asks for fewer than are held.
 */
export function decideFleet(fleet: Fleet, seen: readonly SetSeen[]): readonly FleetAction[] {
  const active = seen.find(({ set }) => sameJson(set.spec.template, fleet.spec.template));
  const rest = seen.filter((one) => one !== active && !one.set.metadata.deletionTimestamp);
  const { replicas, strategy } = fleet.spec;
  const restHeld = total(rest, heldOf);
  if (!active) return [createFirst(fleet, rest, restHeld)];
  const ended = rest.filter(({ tally }) => aliveOf(tally) === 0);
  const endings = ended.map(
    ({ set }) => ({ do: "deleteSet", set, because: "RollingUpdate" }) as const,
  );
  const old = rest.filter((one) => !ended.includes(one));
  if (old.length === 0) return [...endings, ...scale(active, replicas)];
  const steps =
    strategy.type === "Recreate"
      ? recreate(active, old, replicas - restHeld)
      : roll(fleet, active, old);
  return [...endings, ...steps];
}

function createFirst(fleet: Fleet, rest: readonly SetSeen[], restHeld: number): FleetAction {
  const { replicas, strategy } = fleet.spec;
  if (rest.length === 0) return { do: "createSet", replicas, because: "Created" };
  const first =
    strategy.type === "Recreate" ? 0 : Math.max(0, Math.min(surgeOf(fleet), replicas - restHeld));
  const because = strategy.type === "Recreate" ? "Recreated" : "RollingUpdate";
  return { do: "createSet", replicas: first, because };
}

/** Everything that is not held ends first; the new set fills up when it is gone. */
function recreate(active: SetSeen, old: readonly SetSeen[], replicas: number): FleetAction[] {
  const shrink = old.flatMap((one) => scale(one, heldOf(one.tally), "Recreated"));
  const isClear = old.every(({ tally }) => aliveOf(tally) === heldOf(tally));
  return [...shrink, ...scale(active, isClear ? Math.max(0, replicas) : 0, "Recreated")];
}

/** One step: the new set grows within maxSurge, the old ones shrink while enough stay able to play. */
function roll(fleet: Fleet, active: SetSeen, old: readonly SetSeen[]): FleetAction[] {
  const { replicas } = fleet.spec;
  const aliveAll = aliveOf(active.tally) + total(old, aliveOf);
  const settled = aliveOf(active.tally) >= active.set.spec.replicas;
  const target = Math.max(0, replicas - total(old, heldOf));
  const room = Math.max(0, replicas + surgeOf(fleet) - aliveAll);
  const grown = settled ? active.set.spec.replicas + room : active.set.spec.replicas;
  const available = availableOf(active.tally) + total(old, availableOf);
  let spare = Math.max(0, available - (replicas - unavailableOf(fleet)));
  const shrink = old.flatMap((one) => {
    const notReady = aliveOf(one.tally) - availableOf(one.tally);
    const cut = Math.min(spare, one.tally.Ready);
    spare -= cut;
    return scale(
      one,
      Math.max(heldOf(one.tally), aliveOf(one.tally) - notReady - cut),
      "RollingUpdate",
    );
  });
  return [...scale(active, Math.min(target, grown), "RollingUpdate"), ...shrink];
}

function scale(one: SetSeen, replicas: number, because?: Reason): FleetAction[] {
  const now = one.set.spec.replicas;
  if (now === replicas) return [];
  const why = because ?? (replicas > now ? "ScaleUp" : "ScaleDown");
  return [{ do: "scaleSet", set: one.set, replicas, because: why }];
}

function surgeOf({ spec }: Fleet): number {
  const { maxSurge = "25%" } = spec.strategy.rollingUpdate ?? {};
  return Math.max(1, resolveIntOrPercent(maxSurge, spec.replicas, true));
}
function unavailableOf({ spec }: Fleet): number {
  const { maxUnavailable = "25%" } = spec.strategy.rollingUpdate ?? {};
  return Math.max(1, resolveIntOrPercent(maxUnavailable, spec.replicas, true));
}
function total(seen: readonly SetSeen[], count: (tally: Tally) => number): number {
  return seen.reduce((n, { tally }) => n + count(tally), 0);
}
