import { Encoder, type MapSchema, type Schema, schema, t } from "@colyseus/schema";

/** Bytes that most maps need at once; for larger ones it grows. Colyseus takes them for each room, when it is made. */
Encoder.BUFFER_SIZE = 128 * 1024;

/** A player as Colyseus sends it to everybody; changed in place. `number` names it in UDP packets. */
export interface AvatarState extends Schema {
  user: string;
  name: string;
  number: number;
  x: number;
  y: number;
  connected: boolean;
  /** Whether it may place and remove now: it is entitled, and its access token has not lapsed. */
  can_edit: boolean;
}
export const AvatarState: new () => AvatarState = schema(
  {
    user: t.string(),
    name: t.string(),
    number: t.uint16(),
    x: t.float32(),
    y: t.float32(),
    connected: t.boolean(),
    can_edit: t.boolean(),
  },
  "Avatar",
);

/** What lies on the map, by its id. */
export interface PlacedState extends Schema {
  asset_id: string;
  x: number;
  y: number;
  rotation: number;
  layer: number;
  solid: boolean;
}
export const PlacedState: new () => PlacedState = schema(
  {
    asset_id: t.string(),
    x: t.float64(),
    y: t.float64(),
    rotation: t.uint16(),
    layer: t.uint8(),
    solid: t.boolean(),
  },
  "Placed",
);

export interface MapState extends Schema {
  map_id: string;
  name: string;
  width: number;
  height: number;
  /** The rows of tiles, with a line break between two. */
  tiles: string;
  version: number;
  players: MapSchema<AvatarState>;
  objects: MapSchema<PlacedState>;
}
export const MapState: new () => MapState = schema(
  {
    map_id: t.string(),
    name: t.string(),
    width: t.uint16(),
    height: t.uint16(),
    tiles: t.string(),
    version: t.uint32(),
    players: t.map(AvatarState),
    objects: t.map(PlacedState),
  },
  "Map",
);
