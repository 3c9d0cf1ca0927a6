import type { Point } from "./grid.ts";
import { type Walk, wantedOf } from "./walk.ts";

/** As the game has it. */
export const SPEED = 5;
const HALF_WIDTH = 0.3;
const TOUCH = 1e-6;
/** The game says something else altogether: it is right. */
const APART = 2.5;
/** How fast a small difference goes away while standing, in parts of it a second. */
const EASE = 10;

export interface Predicting {
  readonly walk: Walk;
  readonly blocked: readonly boolean[][];
  /** Where the game says that the player is. */
  readonly server: Point;
  readonly seconds: number;
  /** True when the game has been told everything long ago: what it says is where the player stays. */
  readonly isSettled: boolean;
}

/** Where the player is shown to be, before the game has answered. Pure. */
export function predicted(at: Point, options: Predicting): Point {
  const { walk, blocked, server, seconds, isSettled } = options;
  const [dx, dy] = [server.x - at.x, server.y - at.y];
  if (Math.hypot(dx, dy) > APART) return server;
  const wanted = wantedOf(walk, at);
  if (wanted) return stepped(blocked, at, wanted, seconds);
  if (!isSettled) return at;
  const part = Math.min(1, seconds * EASE);
  return { x: at.x + dx * part, y: at.y + dy * part };
}

/** One step towards a place, along what is in the way; the game's own rule, on whole tiles. Pure. */
export function stepped(
  blocked: readonly boolean[][],
  from: Point,
  wanted: Point,
  seconds: number,
): Point {
  const [dx, dy] = [wanted.x - from.x, wanted.y - from.y];
  const distance = Math.hypot(dx, dy);
  if (distance === 0) return from;
  const part = Math.min(1, (SPEED * seconds) / distance);
  const x = along(from.x, dx * part, (next) => isFree(blocked, { x: next, y: from.y }));
  const y = along(from.y, dy * part, (next) => isFree(blocked, { x, y: next }));
  return { x, y };
}

/** As far as it is free: the whole way, or up to the edge of the tile that is in the way. */
function along(from: number, by: number, isFreeAt: (next: number) => boolean): number {
  if (by === 0 || isFreeAt(from + by)) return from + by;
  const edge = by > 0 ? Math.floor(from + HALF_WIDTH + by) : Math.ceil(from - HALF_WIDTH + by);
  const next = by > 0 ? edge - HALF_WIDTH - TOUCH : edge + HALF_WIDTH + TOUCH;
  return Math.sign(next - from) === Math.sign(by) && isFreeAt(next) ? next : from;
}

function isFree(blocked: readonly boolean[][], { x, y }: Point): boolean {
  for (const row of [y - HALF_WIDTH, y + HALF_WIDTH])
    for (const column of [x - HALF_WIDTH, x + HALF_WIDTH])
      if (blocked[Math.floor(row)]?.[Math.floor(column)] !== false) return false;
  return true;
}
