import type { PlacedObject, Point, Tile } from "./grid.ts";

/** A map as the editor changes it. */
export interface Draft {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly string[];
  readonly objects: readonly PlacedObject[];
}

export const SIZE_MIN = 4;
export const SIZE_MAX = 128;

/** A new map: grass with a wall around it. Pure. */
export function emptyDraft(name: string, width: number, height: number): Draft {
  const edge = "#".repeat(width);
  const inner = `#${",".repeat(width - 2)}#`;
  const tiles = Array.from({ length: height }, (_, y) =>
    y === 0 || y === height - 1 ? edge : inner,
  );
  return { name, width, height, tiles, objects: [] };
}

/** The draft with one tile changed; the same draft when nothing changes. Pure. */
export function painted(draft: Draft, { x, y }: Point, tile: Tile): Draft {
  const row = draft.tiles[y];
  if (row?.[x] === undefined || row[x] === tile) return draft;
  const tiles = [...draft.tiles];
  tiles[y] = row.slice(0, x) + tile + row.slice(x + 1);
  return { ...draft, tiles };
}

/** All tiles on the way from one to another, so that a quick stroke has no holes. Pure. */
export function stroke(from: Point, to: Point): readonly Point[] {
  const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const part = steps === 0 ? 0 : i / steps;
    return {
      x: Math.round(from.x + (to.x - from.x) * part),
      y: Math.round(from.y + (to.y - from.y) * part),
    };
  });
}

/** The draft in another size: what falls outside is gone, what is new is grass. Pure. */
export function resized(draft: Draft, width: number, height: number): Draft {
  const tiles = Array.from({ length: height }, (_, y) =>
    (draft.tiles[y] ?? "").slice(0, width).padEnd(width, ","),
  );
  const objects = draft.objects.filter(({ x, y }) => x < width && y < height);
  return { ...draft, width, height, tiles, objects };
}

export function withObject(draft: Draft, object: PlacedObject): Draft {
  return { ...draft, objects: [...draft.objects, object] };
}

export function withoutObject(draft: Draft, id: string): Draft {
  return { ...draft, objects: draft.objects.filter(({ object_id }) => object_id !== id) };
}

/** The thing that is seen at a point: the highest layer, the last placed. Pure. */
export function objectAt<O extends Pick<PlacedObject, "x" | "y" | "layer">>(
  objects: Iterable<O>,
  { x, y }: Point,
): O | undefined {
  let found: O | undefined;
  for (const object of objects)
    if (Math.abs(object.x - x) <= 0.5 && Math.abs(object.y - y) <= 0.5)
      if (!found || object.layer >= found.layer) found = object;
  return found;
}

/** Steps back and forth through what was done, within a bound. */
export interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
}
const PAST_MAX = 100;

export function did<T>({ past, now }: History<T>, next: T): History<T> {
  return { past: [...past, now].slice(-PAST_MAX), now: next, future: [] };
}
export function undone<T>(history: History<T>): History<T> {
  const { past, now, future } = history;
  const before = past.at(-1);
  if (before === undefined) return history;
  return { past: past.slice(0, -1), now: before, future: [now, ...future] };
}
export function redone<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.now], now: next, future };
}
