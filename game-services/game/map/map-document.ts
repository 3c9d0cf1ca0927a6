import { isObject } from "../../../core/std/json.ts";

/** What lies on a map; `x` and `y` in tiles, where its middle is. */
export interface PlacedObject {
  readonly object_id: string;
  readonly asset_id: string;
  readonly x: number;
  readonly y: number;
  readonly rotation: number;
  readonly layer: number;
  readonly solid: boolean;
}

/** What of a map, as the room service keeps it, counts here. */
export interface MapDocument {
  readonly map_id: string;
  readonly creator: string;
  readonly members: readonly string[];
  /** Whom it is open to beside creator and members, once it is published. */
  readonly access: string;
  readonly published: boolean;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A string for each row, a letter for each tile. */
  readonly tiles: readonly string[];
  readonly objects: readonly PlacedObject[];
  readonly version: number;
}

const SIDE_MAX = 1024;

/** Whether this player may place and remove; the room service has the last word. */
export function mayEdit({ creator, members }: MapDocument, user: string): boolean {
  return user === creator || members.includes(user);
}

/**
 * Whether this player may still be here. Who came by a link is not told from others: while the map has one they may stay.
 */
export function maySee(document: MapDocument, user: string): boolean {
  return mayEdit(document, user) || (document.published && document.access !== "members");
}

/** A map from the room service's answer; throws when it is none. */
export function mapOf(value: unknown): MapDocument {
  if (!isObject(value)) throw new Error("the room service's map is no object");
  const { map_id, creator, name, width, height, tiles, objects, members = [], version } = value;
  const isMap =
    [map_id, creator, name, value.access].every((text) => typeof text === "string") &&
    typeof value.published === "boolean" &&
    [width, height].every((side) => isCount(side) && side >= 1 && side <= SIDE_MAX) &&
    isCount(version) &&
    isTexts(members) &&
    isTexts(tiles) &&
    tiles.length === height &&
    tiles.every((row) => row.length === width) &&
    Array.isArray(objects) &&
    objects.every(isPlaced);
  if (!isMap) throw new Error("the room service's map has not the form of one");
  return { ...(value as unknown as MapDocument), members };
}

export function isPlaced(value: unknown): value is PlacedObject {
  if (!isObject(value)) return false;
  const { object_id, asset_id, x, y, rotation, layer, solid } = value;
  return (
    [object_id, asset_id].every((text) => typeof text === "string") &&
    [x, y, rotation, layer].every(Number.isFinite) &&
    typeof solid === "boolean"
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
