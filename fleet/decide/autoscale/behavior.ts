import type { ScalingBehavior, ScalingRules } from "../../../core/model/fleet-autoscaler.ts";
import type { Reason } from "../../../core/model/reason.ts";

/** Wishes of one slice of time: the lowest and the highest. */
interface Slice {
  readonly from: number;
  readonly min: number;
  readonly max: number;
}
interface Change {
  readonly at: number;
  readonly by: number;
}
/** What was wanted and done lately. In memory only: after a restart it begins with what is there, which is careful. */
export interface ScaleMemory {
  readonly wishes: readonly Slice[];
  readonly changes: readonly Change[];
}
export const NO_MEMORY: ScaleMemory = { wishes: [], changes: [] };

/** A window is kept in so many slices, so that a burst of wishes costs no memory. */
const SLICES = 60;
const SECOND_MS = 1_000;
const WINDOW_MAX_MS = 3_600_000;
/** Changes are joined within a second, and no period is longer than half an hour. */
const PERIOD_MAX_MS = 1_800_000;

export interface Behaved {
  readonly desired: number;
  /** Why the wish is not followed now. */
  readonly because?: "Stabilized" | "StepLimited";
  readonly memory: ScaleMemory;
}

/**
 * What of a wish is followed now, as a HorizontalPodAutoscaler does: down to the highest wish of the window, up to the
 * lowest one of its window, then within the steps. `now` is monotonic, in milliseconds.
 */
export function behave(
  behavior: ScalingBehavior | undefined,
  wish: number,
  current: number,
  memory: ScaleMemory,
  now: number,
): Behaved {
  if (!behavior) return { desired: wish, memory: NO_MEMORY };
  const kept = remember(
    behavior,
    memory,
    memory.wishes.length === 0 ? [current, wish] : [wish],
    now,
  );
  const stable = stabilize(behavior, wish, current, kept, now);
  const desired = step(behavior, stable, current, kept.changes, now);
  const because: Reason | undefined =
    desired !== stable ? "StepLimited" : stable !== wish ? "Stabilized" : undefined;
  return { desired, memory: kept, ...(because ? { because } : {}) };
}

/** What `memory` becomes when the fleet was changed by so many servers. */
export function rememberChange(memory: ScaleMemory, by: number, now: number): ScaleMemory {
  const changes = memory.changes.filter(({ at }) => at > now - PERIOD_MAX_MS);
  const last = changes.at(-1);
  if (!last || last.at < now - SECOND_MS || Math.sign(last.by) !== Math.sign(by))
    return { ...memory, changes: [...changes, { at: now, by }] };
  return { ...memory, changes: [...changes.slice(0, -1), { at: last.at, by: last.by + by }] };
}

function remember(
  { scaleUp, scaleDown }: ScalingBehavior,
  memory: ScaleMemory,
  wishes: readonly number[],
  now: number,
): ScaleMemory {
  const seconds = Math.max(
    scaleUp.stabilizationWindowSeconds,
    scaleDown.stabilizationWindowSeconds,
  );
  const windowMs = Math.min(WINDOW_MAX_MS, seconds * SECOND_MS);
  const sliceMs = Math.max(SECOND_MS, windowMs / SLICES);
  const kept = memory.wishes.filter(({ from }) => from > now - windowMs - sliceMs);
  const last = kept.at(-1);
  const [min, max] = [Math.min(...wishes), Math.max(...wishes)];
  if (!last || last.from <= now - sliceMs)
    return { ...memory, wishes: [...kept, { from: now, min, max }] };
  const joined = { from: last.from, min: Math.min(last.min, min), max: Math.max(last.max, max) };
  return { ...memory, wishes: [...kept.slice(0, -1), joined] };
}

function stabilize(
  { scaleUp, scaleDown }: ScalingBehavior,
  wish: number,
  current: number,
  { wishes }: ScaleMemory,
  now: number,
): number {
  // A slice may have begun before the window and reach into it: it counts, which is careful.
  const sliceMs = Math.max(SECOND_MS, widest(scaleUp, scaleDown) / SLICES);
  const inWindow = ({ stabilizationWindowSeconds }: ScalingRules): readonly Slice[] =>
    stabilizationWindowSeconds === 0
      ? []
      : wishes.filter(({ from }) => from > now - stabilizationWindowSeconds * SECOND_MS - sliceMs);
  if (wish < current)
    return Math.min(current, Math.max(wish, ...inWindow(scaleDown).map(({ max }) => max)));
  return Math.max(current, Math.min(wish, ...inWindow(scaleUp).map(({ min }) => min)));
}
const widest = (a: ScalingRules, b: ScalingRules): number =>
  Math.max(a.stabilizationWindowSeconds, b.stabilizationWindowSeconds) * SECOND_MS;

function step(
  { scaleUp, scaleDown }: ScalingBehavior,
  wish: number,
  current: number,
  changes: readonly Change[],
  now: number,
): number {
  if (wish === current) return wish;
  const isUp = wish > current;
  const rules = isUp ? scaleUp : scaleDown;
  if (rules.selectPolicy === "Disabled") return current;
  const room = rules.policies.map(({ type, value, periodSeconds }) => {
    const since = now - periodSeconds * SECOND_MS;
    const done = changes
      .filter(({ at, by }) => at > since && by > 0 === isUp)
      .reduce((sum, { by }) => sum + Math.abs(by), 0);
    const began = isUp ? current - done : current + done;
    const whole = type === "Replicas" ? value : Math.ceil((began * value) / 100);
    return Math.max(0, whole - done);
  });
  if (room.length === 0) return wish;
  const most = rules.selectPolicy === "Max" ? Math.max(...room) : Math.min(...room);
  return isUp ? Math.min(wish, current + most) : Math.max(wish, current - most);
}
