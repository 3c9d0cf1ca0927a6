import type { Point } from "../input.ts";
import { type Box, bodyAt, type Ground, HALF_WIDTH, TOUCH } from "./ground.ts";

/** Tiles that somebody covers in a second. */
export const SPEED = 5;
/** Who was silent may not save up more time than this for one move. */
const STEP_MS_MAX = 250;
/** A move is made of pieces no longer than this, so that it follows the straight line to within it. */
const PIECE = 0.25;

/**
 * Where somebody at `from` gets when `wanted` is asked for `elapsedMs` after the move before: straight there as far as the
 * time allows; along what is in the way where something is.
 */
export function walk(ground: Ground, from: Point, wanted: Point, elapsedMs: number): Point {
  const reach = (SPEED * Math.min(Math.max(0, elapsedMs), STEP_MS_MAX)) / 1000;
  const to = inside(ground, wanted);
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  if (distance === 0 || reach === 0) return from;
  const part = Math.min(1, reach / distance);
  const straight = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  const end = inside(ground, straight);
  // Most steps are in the open, where there is nothing to go along.
  if (ground.near(around(from, end)).length === 0) return end;
  const pieces = Math.ceil((distance * part) / PIECE);
  let at = from;
  for (let piece = 1; piece <= pieces; piece++) {
    const by = (part * piece) / pieces;
    const before = (part * (piece - 1)) / pieces;
    const dx = (to.x - from.x) * (by - before);
    const dy = (to.y - from.y) * (by - before);
    at = along("y", ground, along("x", ground, at, dx), dy);
  }
  return at;
}

/** Moves along one axis until something solid is there. What one stands in already holds nobody. */
function along(axis: "x" | "y", ground: Ground, from: Point, by: number): Point {
  if (by === 0) return from;
  const across = axis === "x" ? "y" : "x";
  const start = from[axis];
  const body = bodyAt(from);
  const [low, high] = body[axis];
  const swept = { ...body, [axis]: [Math.min(low, low + by), Math.max(high, high + by)] };
  let end = start + by;
  for (const box of ground.near(swept)) {
    const [near, far] = box[axis];
    const isBeside =
      body[across][0] >= box[across][1] - TOUCH || body[across][1] <= box[across][0] + TOUCH;
    if (isBeside) continue;
    if (by > 0 && high <= near + TOUCH) end = Math.min(end, Math.max(start, near - HALF_WIDTH));
    if (by < 0 && low >= far - TOUCH) end = Math.max(end, Math.min(start, far + HALF_WIDTH));
  }
  return inside(ground, { ...from, [axis]: end });
}

/** Everything that somebody touches between two points. */
function around(from: Point, to: Point): Box {
  const [low, high] = [bodyAt(from), bodyAt(to)];
  return {
    x: [Math.min(low.x[0], high.x[0]), Math.max(low.x[1], high.x[1])],
    y: [Math.min(low.y[0], high.y[0]), Math.max(low.y[1], high.y[1])],
  };
}

function inside({ width, height }: Ground, { x, y }: Point): Point {
  return { x: within(x, width), y: within(y, height) };
}

function within(value: number, size: number): number {
  return Math.min(Math.max(value, HALF_WIDTH), size - HALF_WIDTH);
}
