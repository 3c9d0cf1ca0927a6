import type { CollectionSpec } from "../../store/documents/document-store.ts";

/** Who else than its creator and members may see and enter a published map. */
export type MapAccess = "public" | "link" | "members";

/** An asset that stands on a map, centred on (x, y), in tiles from the upper left corner. */
export interface MapObject {
  readonly object_id: string;
  readonly asset_id: string;
  readonly x: number;
  readonly y: number;
  /** Degrees clockwise: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Higher ones are drawn above. */
  readonly layer: number;
  readonly solid: boolean;
}

/** What a map shows: what versions, undo and redo are about. */
export interface MapContent {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A row each, of one character a tile; see TILES. */
  readonly tiles: readonly string[];
  readonly objects: readonly MapObject[];
}

export type EditWord = "made" | "changed" | "placed" | "removed";

/** A version of the content that can be had again. Times are milliseconds since 1970. */
export interface Edit {
  /** Id of its content. */
  readonly ref: string;
  /** Characters of its JSON; absent from what was written before they were counted. */
  readonly chars?: number;
  readonly version: number;
  readonly at: number;
  readonly by: string;
  readonly what: EditWord;
}

/** An object that was placed under an Idempotency-Key, and a digest of what was asked for. */
export interface PlacedOnce {
  readonly object_id: string;
  readonly sum: string;
}

/**
 * A map but for its content, which lies apart: content is written first and never changed, then the head is swapped to
 * it. So a head always leads to whole versions, whenever a process dies.
 */
export interface MapHead extends Pick<MapContent, "name" | "width" | "height"> {
  readonly creator: string;
  /** Below the creator's quota, and another one for each of the creator's maps: that is how the quota holds. */
  readonly slot: number;
  readonly access: MapAccess;
  readonly members: readonly string[];
  readonly published: boolean;
  /** Present while anybody finds it in the list. */
  readonly listed_at?: number;
  /** A digest of the key of the link. */
  readonly link?: string;
  /** Grows with every change. */
  readonly version: number;
  readonly current: Edit;
  /** The last one is the next to be undone to, or redone to. */
  readonly undo: readonly Edit[];
  readonly redo: readonly Edit[];
  readonly placed: readonly PlacedOnce[];
  /** A digest of what it was made of, when that came under an Idempotency-Key. */
  readonly made_of?: string;
  /** Another one for each map that was ever made under an id. */
  readonly born: string;
  readonly created_at: number;
  readonly updated_at: number;
  /** Present once it is deleted, until everything of it is gone. */
  readonly deleted_at?: number;
}

export interface StoredContent extends MapContent {
  /** The map's `born`. */
  readonly of: string;
  readonly written_at: number;
}

/** What a game server kept of a map's room. */
export interface Snapshot {
  /** The map's `born`. */
  readonly of: string;
  readonly room: string;
  /** When the platform made that room, RFC 3339. */
  readonly room_made_at: string;
  readonly seq?: number;
  readonly state: unknown;
  readonly saved_at: number;
}

export const MAPS: CollectionSpec<MapHead> = {
  name: "maps",
  fields: {
    creator: "string",
    slot: "number",
    created_at: "number",
    listed_at: "number",
    deleted_at: "number",
  },
  unique: { slot: ["creator", "slot"] },
  indexes: {
    ofCreator: { equal: ["creator"], order: "created_at" },
    listed: { equal: [], order: "listed_at" },
    listedOf: { equal: ["creator"], order: "listed_at" },
    deleted: { equal: [], order: "deleted_at" },
  },
  migrations: [],
};

export const CONTENTS: CollectionSpec<StoredContent> = {
  name: "map_contents",
  fields: { of: "string", written_at: "number" },
  unique: {},
  indexes: { ofMap: { equal: ["of"], order: "written_at" } },
  migrations: [],
};

export const SNAPSHOTS: CollectionSpec<Snapshot> = {
  name: "map_snapshots",
  fields: {},
  unique: {},
  indexes: {},
  migrations: [],
};
