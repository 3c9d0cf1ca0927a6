import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import { resolveIntOrPercent } from "../../core/model/int-or-percent.ts";
import { aliveOf, heldOf, type Tally } from "./tally.ts";

export interface SetSeen {
  readonly set: GameServerSet;
  readonly tally: Tally;
}
/** How many servers a set is to have. */
export interface Target {
  readonly seen: SetSeen;
  readonly replicas: number;
}
export interface RolloutStep {
  readonly active: number;
  readonly old: readonly Target[];
}

/**
 * One step of a rolling update. Of the servers that are not held, `floorOf` are to be Ready: old sets keep only as many
 * as that floor lacks without them. The active set grows into what is left below the ceiling, `replicas + maxSurge`
 * alive. The floor is not above what is wanted and the ceiling is, so a step is possible as long as new servers become
 * Ready, and old ones stay as long as they do not. Held servers of old sets take the place of new ones until they end.
 */
export function roll(fleet: Fleet, active: SetSeen, old: readonly SetSeen[]): RolloutStep {
  const { replicas } = fleet.spec;
  const heldOld = total(old, heldOf);
  const most = Math.max(0, replicas - heldOld);
  const present = Math.min(most, active.set.spec.replicas);
  const floor = floorOf(fleet, heldOld + heldOf(active.tally));
  const targets = keep(old, Math.max(0, floor - readyAt(active, present)));
  const ceiling = replicas + surgeOf(fleet);
  const aliveActive = aliveOf(active.tally);
  // After a scale-down the new set may be too large for the ceiling: this cuts nothing that is able to play.
  const fitting = Math.min(present, Math.max(0, ceiling - sum(targets, wantedOf)));
  const room = Math.max(0, ceiling - aliveActive - sum(targets, takenBy));
  const isSettled = aliveActive >= fitting;
  return { active: isSettled ? Math.min(most, fitting + room) : fitting, old: targets };
}

/** Servers that an old set will have once it has followed its target: held ones stay whatever it says. */
function wantedOf({ seen, replicas }: Target): number {
  return Math.max(replicas, heldOf(seen.tally));
}
function takenBy({ seen, replicas }: Target): number {
  return Math.max(replicas, aliveOf(seen.tally));
}
function sum(targets: readonly Target[], count: (target: Target) => number): number {
  return targets.reduce((n, target) => n + count(target), 0);
}

/** Everything old that is not held ends first; the new set grows when it is gone. */
export function recreate(replicas: number, active: SetSeen, old: readonly SetSeen[]): RolloutStep {
  const isClear = old.every(({ tally }) => aliveOf(tally) === heldOf(tally));
  const most = Math.max(0, replicas - total(old, heldOf));
  return {
    active: isClear ? most : Math.min(most, active.set.spec.replicas),
    old: old.map((seen) => ({ seen, replicas: 0 })),
  };
}

/** A paused fleet keeps its mix of templates: only a change of `replicas` is followed, growing in the newest set. */
export function holdStill(
  replicas: number,
  active: SetSeen | undefined,
  old: readonly SetSeen[],
): readonly Target[] {
  const newest = [...(active ? [active] : []), ...[...old].sort(byNewest)];
  const sizes = newest.map(({ set, tally }) => Math.max(set.spec.replicas, heldOf(tally)));
  let change = replicas - sizes.reduce((n, size) => n + size, 0);
  const [first] = newest;
  if (change >= 0 && first) {
    const grown = Math.max(first.set.spec.replicas, heldOf(first.tally)) + change;
    return change > 0 ? [{ seen: first, replicas: grown }] : [];
  }
  return newest.reverse().map((seen) => {
    const held = heldOf(seen.tally);
    const size = Math.max(seen.set.spec.replicas, held);
    const kept = Math.max(held, size + change);
    change += size - kept;
    return { seen, replicas: kept === size ? seen.set.spec.replicas : kept };
  });
}

/** Servers beyond `replicas` at once: a share is rounded up. At least one. */
export function surgeOf({ spec }: Fleet): number {
  const { maxSurge = "25%" } = spec.strategy.rollingUpdate ?? {};
  return Math.max(1, resolveIntOrPercent(maxSurge, spec.replicas, true));
}
/**
 * Ready servers that a rollout leaves, by its own steps, when `held` are held: of the free ones at most maxUnavailable
 * are missing. A share is rounded down; at least one may be missing, but never the last, so that there is always one to
 * hand out.
 */
export function floorOf({ spec }: Fleet, held: number): number {
  const { maxUnavailable = "25%" } = spec.strategy.rollingUpdate ?? {};
  const free = Math.max(0, spec.replicas - held);
  const unavailable = Math.max(1, resolveIntOrPercent(maxUnavailable, free, false));
  return Math.max(Math.min(1, free), free - unavailable);
}

/** Ready servers once a set has been cut to `replicas`: in a rollout a cut takes Ready ones last. */
function readyAt({ tally }: SetSeen, replicas: number): number {
  return Math.min(tally.Ready, Math.max(0, replicas - heldOf(tally)));
}

/** Spreads `count` free servers over old sets: first those that are Ready, then those that may become so. */
function keep(old: readonly SetSeen[], count: number): Target[] {
  let left = count;
  const ready = old.map(({ tally }) => {
    const kept = Math.min(tally.Ready, left);
    left -= kept;
    return kept;
  });
  const kept = new Map<SetSeen, number>();
  const order = old.map((seen, i) => ({ seen, ready: ready[i] ?? 0 }));
  for (const { seen, ready: now } of order.sort((a, b) => b.ready - a.ready)) {
    const free = Math.max(0, seen.set.spec.replicas - heldOf(seen.tally) - now);
    const more = Math.min(free, left);
    left -= more;
    kept.set(seen, now + more);
  }
  return old.map((seen) => {
    const free = kept.get(seen) ?? 0;
    return { seen, replicas: free > 0 ? heldOf(seen.tally) + free : 0 };
  });
}

function byNewest(a: SetSeen, b: SetSeen): number {
  const [x, y] = [a.set.metadata, b.set.metadata];
  return compare(y.creationTimestamp, x.creationTimestamp) || compare(x.name, y.name);
}
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
function total(seen: readonly SetSeen[], count: (tally: Tally) => number): number {
  return seen.reduce((n, { tally }) => n + count(tally), 0);
}
