import type { Point } from "./grid.ts";

/** Where somebody was, by the page's own clock. */
export interface Sample extends Point {
  readonly atMs: number;
}

const SAMPLES_MAX = 12;
/** Nobody walks that far at once: it was a leap, and is shown as one. */
const LEAP = 3;
/** Who stood still for longer begins to walk now, not back then. */
const PAUSE_MS = 250;

/** Adds a position to what is remembered of somebody. Pure. */
export function withSample(samples: readonly Sample[], { x, y, atMs }: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (!last || Math.hypot(x - last.x, y - last.y) > LEAP) return [{ x, y, atMs }];
  if (last.x === x && last.y === y) return samples;
  const began = atMs - last.atMs > PAUSE_MS ? [{ ...last, atMs: atMs - STEP_MS }] : [];
  return [...samples, ...began, { x, y, atMs }].slice(-SAMPLES_MAX);
}
/** As long as one step of the game takes, with ten a second. */
const STEP_MS = 100;

/** Where somebody is shown at a moment: between the positions around it. Pure. */
export function positionAt(samples: readonly Sample[], atMs: number): Point {
  const later = samples.findIndex((sample) => sample.atMs > atMs);
  const last = samples.at(-1) ?? { x: 0, y: 0, atMs };
  if (later === -1) return { x: last.x, y: last.y };
  const to = samples[later] ?? last;
  const from = samples[later - 1];
  if (!from) return { x: to.x, y: to.y };
  const part = (atMs - from.atMs) / (to.atMs - from.atMs);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

/** True while somebody is shown walking. Pure. */
export function isWalkingAt(samples: readonly Sample[], atMs: number): boolean {
  const last = samples.at(-1);
  return samples.length > 1 && last !== undefined && last.atMs > atMs;
}
