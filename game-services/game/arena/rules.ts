import type { Point } from "../input.ts";

/** The rules of the arena: pure, so that every way to move is judged alike. */
export const ARENA = {
  width: 100,
  height: 100,
  /** Units a player may cover in a second. */
  speed: 25,
  /** A player who was silent may not save up more time than this for one jump. */
  stepMsMax: 250,
  playersMax: 32,
} as const;

/** Where a player at `from` gets when `wanted` is asked for `elapsedMs` after the move before. */
export function stepTowards(from: Point, wanted: Point, elapsedMs: number): Point {
  const inside = clamped(wanted);
  const reach = (ARENA.speed * Math.min(Math.max(0, elapsedMs), ARENA.stepMsMax)) / 1000;
  const distance = Math.hypot(inside.x - from.x, inside.y - from.y);
  if (distance <= reach) return inside;
  const part = reach / distance;
  return clamped({
    x: from.x + (inside.x - from.x) * part,
    y: from.y + (inside.y - from.y) * part,
  });
}

function clamped({ x, y }: Point): Point {
  return {
    x: Math.min(Math.max(x, 0), ARENA.width),
    y: Math.min(Math.max(y, 0), ARENA.height),
  };
}
