import type { Problem } from "../../core/std/errors.ts";
import type { MapContent, MapObject } from "./collections.ts";

/** Kinds of tiles; nobody walks on a solid one. */
export const TILES: Readonly<Record<string, { readonly kind: string; readonly solid: boolean }>> = {
  ".": { kind: "floor", solid: false },
  "#": { kind: "wall", solid: true },
  "~": { kind: "water", solid: true },
  ",": { kind: "grass", solid: false },
};

export const SIDE = { least: 4, most: 128 } as const;
export const OBJECTS_MAX = 1_000;
/** As many as one request to the asset service takes: whoever draws a map asks once. */
export const ASSETS_MAX = 100;
/** Of one tile, so that what is drawn and walked around stays bounded. */
export const OBJECTS_PER_TILE_MAX = 16;
const PROBLEMS_MAX = 100;

/** What is wrong with a content whose parts are of the right form each. */
export function contentProblems(content: MapContent): readonly Problem[] {
  const shape = tileProblems(content);
  if (shape.length > 0) return shape.slice(0, PROBLEMS_MAX);
  const all = [
    ...content.objects.flatMap((object, i) => objectProblems(content, object, `objects[${i}]`)),
    ...togetherProblems(content),
  ];
  if (all.length === 0 && !hasFreeTile(content))
    return [{ path: "tiles", message: "must leave a tile that somebody can stand on" }];
  return all.slice(0, PROBLEMS_MAX);
}

function tileProblems({ width, height, tiles }: MapContent): Problem[] {
  if (tiles.length !== height)
    return [{ path: "tiles", message: `must have ${height} rows, found ${tiles.length}` }];
  return tiles.flatMap((row, i) =>
    row.length === width
      ? []
      : [{ path: `tiles[${i}]`, message: `must have ${width} tiles, found ${row.length}` }],
  );
}

function objectProblems(
  { width, height }: MapContent,
  { x, y, rotation }: MapObject,
  path: string,
): Problem[] {
  const outside = (value: number, side: number, axis: string): Problem[] =>
    value >= 0 && value < side
      ? []
      : [{ path: `${path}.${axis}`, message: `must be from 0 to below ${side}, found ${value}` }];
  const turned = { path: `${path}.rotation`, message: "must be 0, 90, 180 or 270" };
  return [
    ...outside(x, width, "x"),
    ...outside(y, height, "y"),
    ...(rotation % 90 === 0 ? [] : [turned]),
  ];
}

/** What is wrong with objects because of each other. */
function togetherProblems({ objects }: MapContent): Problem[] {
  const problems: Problem[] = [];
  const ids = new Set<string>();
  const assets = new Set<string>();
  const solids = new Map<string, number>();
  const perTile = new Map<string, number>();
  objects.forEach((object, i) => {
    const at = `objects[${i}]`;
    if (ids.has(object.object_id))
      problems.push({ path: `${at}.object_id`, message: "is another object's already" });
    ids.add(object.object_id);
    if (!assets.has(object.asset_id) && assets.size === ASSETS_MAX)
      problems.push({
        path: `${at}.asset_id`,
        message: `is one too many: a map has at most ${ASSETS_MAX} different assets`,
      });
    else assets.add(object.asset_id);
    const tile = tileOf(object);
    const count = (perTile.get(tile) ?? 0) + 1;
    perTile.set(tile, count);
    if (count === OBJECTS_PER_TILE_MAX + 1)
      problems.push({ path: at, message: `the tile has ${OBJECTS_PER_TILE_MAX} objects already` });
    if (!object.solid) return;
    const other = solids.get(tile);
    if (other === undefined) solids.set(tile, i);
    else problems.push({ path: at, message: `stands where the solid objects[${other}] stands` });
  });
  return problems;
}

function tileOf({ x, y }: MapObject): string {
  return `${Math.floor(x)},${Math.floor(y)}`;
}

function hasFreeTile({ tiles, objects }: MapContent): boolean {
  const taken = new Set(objects.filter(({ solid }) => solid).map(tileOf));
  return tiles.some((row, y) =>
    [...row].some((tile, x) => TILES[tile]?.solid === false && !taken.has(`${x},${y}`)),
  );
}

/** Assets that `next` shows and `before` did not, each once. */
export function newAssets(before: MapContent | undefined, next: MapContent): readonly string[] {
  const known = new Set(before?.objects.map(({ asset_id }) => asset_id));
  const all = next.objects.map(({ asset_id }) => asset_id);
  return [...new Set(all)].filter((id) => !known.has(id));
}

/** What is wrong with `content` because of `refused` assets. */
export function assetProblems(
  { objects }: MapContent,
  refused: ReadonlyMap<string, string>,
): readonly Problem[] {
  const problems = objects.flatMap(({ asset_id }, i) => {
    const message = refused.get(asset_id);
    return message === undefined ? [] : [{ path: `objects[${i}].asset_id`, message }];
  });
  return problems.slice(0, PROBLEMS_MAX);
}

/** Problems of a content as those of its last object alone: what is told to who placed it. */
export function placingProblems(
  problems: readonly Problem[],
  { objects }: MapContent,
): readonly Problem[] {
  const own = new RegExp(`^objects\\[${objects.length - 1}\\]\\.?`);
  return problems.map(({ path, message }) => ({
    path: own.test(path) ? path.replace(own, "") : "",
    message: own.test(path) ? message : `${path} ${message}`,
  }));
}
