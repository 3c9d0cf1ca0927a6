import type { Point } from "../input.ts";
import type { MapDocument, PlacedObject } from "./map-document.ts";

/** What nobody walks through. */
export interface Box {
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
}
export type GroundOf = Pick<MapDocument, "width" | "height" | "tiles" | "objects">;

/** Half the side of the square that somebody needs to stand on; in tiles, as all lengths here. */
export const HALF_WIDTH = 0.3;
/** Who touches a wall has not gone into it: what rounding makes of a sum must not matter. */
export const TOUCH = 1e-6;
/** Walls and water. */
const SOLID_TILES = "#~";

/** What is solid on a map, found by place. It never changes: another map has another ground. */
export class Ground {
  readonly width: number;
  readonly height: number;
  readonly #tiles: readonly string[];
  readonly #objects: ReadonlyMap<number, readonly Box[]>;
  /** Looked for once: when walls come down on a crowd, everybody in it asks. */
  #free: readonly Point[] | undefined;

  constructor({ width, height, tiles, objects }: GroundOf) {
    this.width = width;
    this.height = height;
    this.#tiles = tiles;
    this.#objects = byTile(objects, width);
  }

  /** All that is solid on tiles that this box touches; what lies on several of them may come more than once. */
  near({ x, y }: Box): Box[] {
    const found: Box[] = [];
    const lastRow = Math.min(Math.floor(y[1]), this.height - 1);
    const lastColumn = Math.min(Math.floor(x[1]), this.width - 1);
    for (let row = Math.max(0, Math.floor(y[0])); row <= lastRow; row++)
      for (let column = Math.max(0, Math.floor(x[0])); column <= lastColumn; column++) {
        if (SOLID_TILES.includes(this.#tiles[row]?.[column] ?? "#"))
          found.push({ x: [column, column + 1], y: [row, row + 1] });
        found.push(...(this.#objects.get(row * this.width + column) ?? []));
      }
    return found;
  }

  /** Whether somebody may stand here. */
  isFree({ x, y }: Point): boolean {
    const isInside =
      x >= HALF_WIDTH &&
      y >= HALF_WIDTH &&
      x <= this.width - HALF_WIDTH &&
      y <= this.height - HALF_WIDTH;
    const body = bodyAt({ x, y });
    return isInside && !this.near(body).some((box) => overlap(box, body));
  }

  /** Where to stand near `point`: there, or in the middle of the nearest free tile; there, too, when none is free. */
  freeNear(point: Point): Point {
    if (this.isFree(point)) return point;
    this.#free ??= this.#freeTiles();
    let nearest = point;
    let least = Number.POSITIVE_INFINITY;
    for (const middle of this.#free) {
      const away = (middle.x - point.x) ** 2 + (middle.y - point.y) ** 2;
      if (away >= least) continue;
      nearest = middle;
      least = away;
    }
    return nearest;
  }

  /** The middles of all tiles on which somebody may stand. */
  #freeTiles(): Point[] {
    const found: Point[] = [];
    for (let row = 0; row < this.height; row++)
      for (let column = 0; column < this.width; column++) {
        if (SOLID_TILES.includes(this.#tiles[row]?.[column] ?? "#")) continue;
        const middle = { x: column + 0.5, y: row + 0.5 };
        const body = bodyAt(middle);
        const boxes = this.#objects.get(row * this.width + column) ?? [];
        if (!boxes.some((box) => overlap(box, body))) found.push(middle);
      }
    return found;
  }
}

/** The square that somebody needs who stands here. */
export function bodyAt({ x, y }: Point): Box {
  return { x: [x - HALF_WIDTH, x + HALF_WIDTH], y: [y - HALF_WIDTH, y + HALF_WIDTH] };
}

/** A solid object is one tile large, around its middle, however it is turned. */
export function boxOf({ x, y }: Point): Box {
  return { x: [x - 0.5, x + 0.5], y: [y - 0.5, y + 0.5] };
}

export function overlap(a: Box, b: Box): boolean {
  return (["x", "y"] as const).every(
    (axis) => a[axis][0] < b[axis][1] - TOUCH && a[axis][1] > b[axis][0] + TOUCH,
  );
}

function byTile(objects: readonly PlacedObject[], width: number): Map<number, Box[]> {
  const found = new Map<number, Box[]>();
  for (const object of objects) {
    if (!object.solid) continue;
    const box = boxOf(object);
    for (let row = Math.floor(box.y[0]); row <= Math.floor(box.y[1]); row++)
      for (let column = Math.floor(box.x[0]); column <= Math.floor(box.x[1]); column++) {
        if (column < 0 || column >= width) continue;
        const there = found.get(row * width + column);
        if (there) there.push(box);
        else found.set(row * width + column, [box]);
      }
  }
  return found;
}
