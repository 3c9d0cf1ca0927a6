/** A place on a map, in tiles; the middle of the first tile is at 0.5, 0.5. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a tile is made of, by its character in a map's rows. */
export const TILES = {
  ".": { kind: "floor", isSolid: false },
  ",": { kind: "grass", isSolid: false },
  "#": { kind: "wall", isSolid: true },
  "~": { kind: "water", isSolid: true },
} as const;
export type Tile = keyof typeof TILES;
export const TILE_NAMES: readonly Tile[] = [".", ",", "#", "~"];

/** A thing that stands on a map. */
export interface PlacedObject {
  readonly object_id: string;
  readonly asset_id: string;
  readonly x: number;
  readonly y: number;
  readonly rotation: number;
  readonly layer: number;
  readonly solid: boolean;
}

/** The tile at a column and a row; outside everything is wall. */
export function tileAt(rows: readonly string[], column: number, row: number): Tile {
  const tile = rows[row]?.[column];
  return tile !== undefined && tile in TILES ? (tile as Tile) : "#";
}

export function tileUnder(rows: readonly string[], { x, y }: Point): Tile {
  return tileAt(rows, Math.floor(x), Math.floor(y));
}

/** Which tiles nobody walks on, row by row: solid ones, and those under solid things. */
export function blockedTiles(
  rows: readonly string[],
  objects: Iterable<Pick<PlacedObject, "x" | "y" | "solid">>,
): readonly boolean[][] {
  const blocked = rows.map((row, y) => [...row].map((_, x) => TILES[tileAt(rows, x, y)].isSolid));
  for (const { x, y, solid } of objects) {
    if (!solid) continue;
    // A thing between tiles stands in the way on all that it touches.
    for (const row of touched(y))
      for (const column of touched(x)) {
        const line = blocked[row];
        if (line && column in line) line[column] = true;
      }
  }
  return blocked;
}

const EDGE = 0.001;
const HALF = 0.5;

function touched(centre: number): number[] {
  const first = Math.floor(centre - HALF + EDGE);
  const last = Math.floor(centre + HALF - EDGE);
  return first === last ? [first] : [first, last];
}

/** The middle of the tile that a point is on. */
export function middleOf({ x, y }: Point): Point {
  return { x: Math.floor(x) + HALF, y: Math.floor(y) + HALF };
}
