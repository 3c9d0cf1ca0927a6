import type { Point } from "./grid.ts";

/** Where a player wants to go: by keys in a direction, by a click along points, or nowhere. */
export interface Walk {
  readonly direction: Point;
  readonly points: readonly Point[];
}
export const STANDING: Walk = { direction: { x: 0, y: 0 }, points: [] };

/** How far ahead the keys want to be: more than is walked in one step. */
const AHEAD = 1;
const ARRIVED = 0.12;

/** The direction of the keys that are held down. Pure. */
export function directionOf(held: ReadonlySet<string>): Point {
  const axis = (plus: readonly string[], minus: readonly string[]): number =>
    Number(plus.some((key) => held.has(key))) - Number(minus.some((key) => held.has(key)));
  const x = axis(["ArrowRight", "KeyD"], ["ArrowLeft", "KeyA"]);
  const y = axis(["ArrowDown", "KeyS"], ["ArrowUp", "KeyW"]);
  const length = Math.hypot(x, y) || 1;
  return { x: x / length, y: y / length };
}
export const WALK_KEYS: ReadonlySet<string> = new Set([
  ..."WASD".split("").map((letter) => `Key${letter}`),
  ...["Up", "Down", "Left", "Right"].map((side) => `Arrow${side}`),
]);

/** What is left of a walk for who has come to `at`: points that were reached are done. Pure. */
export function walkedOn(walk: Walk, at: Point): Walk {
  const [next, ...rest] = walk.points;
  if (!next || Math.hypot(next.x - at.x, next.y - at.y) > ARRIVED) return walk;
  return walkedOn({ ...walk, points: rest }, at);
}

/** True while the player wants to be elsewhere. */
export function isWalk({ direction, points }: Walk): boolean {
  return direction.x !== 0 || direction.y !== 0 || points.length > 0;
}

/** The place to walk to; undefined when the player wants nothing. Keys win over a click. Pure. */
export function wantedOf({ direction, points }: Walk, at: Point): Point | undefined {
  if (direction.x !== 0 || direction.y !== 0)
    return { x: at.x + direction.x * AHEAD, y: at.y + direction.y * AHEAD };
  return points[0];
}
