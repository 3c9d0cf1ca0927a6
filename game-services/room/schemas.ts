import type { Schema } from "../../core/model/schema.ts";
import { ASSETS_MAX, OBJECTS_MAX, SIDE } from "./decide-content.ts";
import { MEMBERS_MAX } from "./owning.ts";

const idForm = (first: string): Schema => ({
  type: "string",
  minLength: 25,
  maxLength: 25,
  pattern: `^${first}[0-9a-f]{24}$`,
  "x-flotilla-form": `${first} and 24 digits of 0-9 and a-f`,
});
const MAP_ID = idForm("m");
const OBJECT_ID = idForm("o");
const ASSET_ID = idForm("a");
const USER_ID: Schema = {
  type: "string",
  minLength: 3,
  maxLength: 32,
  pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
  "x-flotilla-form": "letters, digits, _ . or -, beginning with a letter or a digit",
};
const NAME: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 64,
  pattern: "^(?!\\s)[^\\p{Cc}\\p{Cs}]+(?<!\\s)$",
  "x-flotilla-form": "text without control characters and without space at its ends",
};
const LINK: Schema = {
  type: "string",
  description: "The key of the map's link.",
  minLength: 1,
  maxLength: 64,
  pattern: "^[\\w-]+$",
  "x-flotilla-form": "letters, digits, _ and -",
};
const SIDE_OF: Schema = {
  type: "integer",
  description: "In tiles.",
  minimum: SIDE.least,
  maximum: SIDE.most,
};
const TILES: Schema = {
  type: "array",
  description: "A row each, one character a tile: . floor, # wall, ~ water, comma grass.",
  minItems: SIDE.least,
  maxItems: SIDE.most,
  items: {
    type: "string",
    minLength: SIDE.least,
    maxLength: SIDE.most,
    pattern: "^[.#~,]+$",
    "x-flotilla-form": "a row of the characters . # ~ and comma",
  },
};
const PLACE = {
  asset_id: ASSET_ID,
  x: { type: "number", description: "Tiles from the left.", minimum: 0, maximum: SIDE.most },
  y: { type: "number", description: "Tiles from the top.", minimum: 0, maximum: SIDE.most },
  rotation: { type: "integer", description: "0, 90, 180 or 270.", minimum: 0, maximum: 270 },
  layer: { type: "integer", description: "Higher ones are above.", minimum: 0, maximum: 7 },
  solid: { type: "boolean", description: "Nobody walks through it." },
} as const satisfies Record<string, Schema>;
const PLACED = ["asset_id", "x", "y", "rotation", "layer", "solid"];
const OBJECTS: Schema = {
  type: "array",
  description: `Of at most ${ASSETS_MAX} different assets.`,
  maxItems: OBJECTS_MAX,
  items: { type: "object", required: PLACED, properties: { object_id: OBJECT_ID, ...PLACE } },
};
const ACCESS: Schema = {
  type: "string",
  description: "Who else than creator and members sees and enters it once it is published.",
  enum: ["public", "link", "members"],
};
const VERSION: Schema = {
  type: "integer",
  description: "Grows with every change.",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
};
const TIME: Schema = { type: "string", format: "date-time" };

const object = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: "object",
  required,
  properties,
});

export const MAP_PATH: Schema = object({ map_id: MAP_ID });
export const OBJECT_PATH: Schema = object({ map_id: MAP_ID, object_id: OBJECT_ID });
export const MEMBER_PATH: Schema = object({ map_id: MAP_ID, user_id: USER_ID });
export const LINK_QUERY: Schema = object({ link: LINK });

export const PAGE_MAX = 100;
const LIMIT: Schema = { type: "integer", minimum: 1, maximum: PAGE_MAX, default: 20 };
const AFTER: Schema = {
  type: "string",
  description: "`next` of the page before.",
  minLength: 1,
  maxLength: 2_000,
};
export const PAGE_QUERY: Schema = object({ limit: LIMIT, after: AFTER });
export const LIST_QUERY: Schema = object({ creator: USER_ID, limit: LIMIT, after: AFTER });

const CONTENT = { name: NAME, width: SIDE_OF, height: SIDE_OF, tiles: TILES, objects: OBJECTS };
export const NEW_MAP: Schema = object({ ...CONTENT, access: ACCESS }, ["name", "width", "height"]);
export const CHANGE_MAP: Schema = object({ version: VERSION, ...CONTENT, access: ACCESS }, [
  "version",
]);
export const PLACE_OBJECT: Schema = object(PLACE, PLACED);
export const ENTER: Schema = object({ link: LINK });

const SUMMARY = {
  map_id: MAP_ID,
  creator: USER_ID,
  name: NAME,
  width: SIDE_OF,
  height: SIDE_OF,
  access: ACCESS,
  published: { type: "boolean" },
  version: VERSION,
  created_at: TIME,
  updated_at: TIME,
} as const satisfies Record<string, Schema>;
/** Not everybody is shown these. */
const FOR_SOME = {
  members: { type: "array", maxItems: MEMBERS_MAX, items: USER_ID },
  can_edit: { type: "boolean", description: "Whether who asks may change it." },
  has_link: { type: "boolean", description: "Shown to its creator." },
} as const satisfies Record<string, Schema>;
export const MAP_SUMMARY: Schema = object({ ...SUMMARY, ...FOR_SOME }, Object.keys(SUMMARY));
export const MAP: Schema = object({ ...SUMMARY, ...FOR_SOME, tiles: TILES, objects: OBJECTS }, [
  ...Object.keys(SUMMARY),
  "tiles",
  "objects",
]);
const pageOf = (items: Schema): Schema =>
  object({ items: { type: "array", maxItems: PAGE_MAX, items }, next: AFTER }, ["items"]);
export const MAP_PAGE: Schema = pageOf(MAP_SUMMARY);
export const OBJECT_PLACED: Schema = object({ object_id: OBJECT_ID, ...PLACE, version: VERSION }, [
  "object_id",
  ...PLACED,
  "version",
]);
export const OBJECT_REMOVED: Schema = object({ object_id: OBJECT_ID, version: VERSION }, [
  "object_id",
  "version",
]);
export const VERSIONS: Schema = pageOf(
  object(
    {
      version: VERSION,
      at: TIME,
      by: USER_ID,
      what: { type: "string", enum: ["made", "changed", "placed", "removed"] },
      is: { type: "string", enum: ["past", "current", "undone"] },
    },
    ["version", "at", "by", "what", "is"],
  ),
);
export const DELETED: Schema = object({ map_id: MAP_ID }, ["map_id"]);
export const NEW_LINK: Schema = object({ map_id: MAP_ID, link: LINK, version: VERSION }, [
  "map_id",
  "link",
  "version",
]);

const ROOM_ID: Schema = {
  type: "string",
  description: "A room of the platform.",
  minLength: 1,
  maxLength: 63,
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
  "x-flotilla-form": "a room's id such as maps-x7k2p9qa",
};
const PORT: Schema = object({ name: { type: "string" }, port: { type: "integer" } }, [
  "name",
  "port",
]);
export const SEAT: Schema = object(
  {
    map_id: MAP_ID,
    room: ROOM_ID,
    seat: { type: "string" },
    player: USER_ID,
    host: { type: "string", description: "Where the player reaches the game." },
    ports: { type: "array", items: PORT },
    token: { type: "string", description: "The join token: good for a minute, once." },
  },
  ["map_id", "room", "seat", "player", "host", "ports", "token"],
);
const COUNT: Schema = { type: "integer", minimum: 0 };
export const PRESENT: Schema = object(
  {
    players: { ...COUNT, description: "How many are there, or on the way." },
    rooms: {
      type: "array",
      items: object(
        {
          room: ROOM_ID,
          seats: object({ taken: COUNT, reserved: COUNT, free: COUNT }),
          players: {
            type: "array",
            items: object(
              {
                user_id: { type: "string" },
                state: {
                  type: "string",
                  description: "Taken: there. Reserved: on the way.",
                  enum: ["Reserved", "Taken"],
                },
              },
              ["user_id", "state"],
            ),
          },
        },
        ["room", "seats", "players"],
      ),
    },
  },
  ["players", "rooms"],
);

export const SNAPSHOT_BYTES_MAX = 262_144;
const STATE: Schema = { description: "What the game likes; it is not looked into." };
const SEQ: Schema = {
  type: "integer",
  description: "Grows from one snapshot of a room to the next, so that a late one changes nothing.",
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
};
export const PUT_SNAPSHOT: Schema = object({ room: ROOM_ID, state: STATE, seq: SEQ }, [
  "room",
  "state",
]);
export const SNAPSHOT: Schema = object({ room: ROOM_ID, state: STATE, seq: SEQ, saved_at: TIME }, [
  "room",
  "state",
  "saved_at",
]);
export const SNAPSHOT_SAVED: Schema = object({ room: ROOM_ID, seq: SEQ, saved_at: TIME }, [
  "room",
  "saved_at",
]);
