import type { PlacedObject } from "../view/grid.ts";

/** What the asset service says of a thing. */
export interface Asset {
  readonly asset_id: string;
  readonly owner: string;
  readonly name: string;
  readonly category_id: string;
  readonly thumbnail?: string;
  readonly price: number;
  readonly is_delete: boolean;
  readonly visibility: "private" | "public";
  readonly version: number;
}

export type Access = "public" | "link" | "members";

/** What the room service says of a map in lists. */
export interface MapSummary {
  readonly map_id: string;
  readonly creator: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly access: Access;
  readonly published: boolean;
  readonly version: number;
  /** Absent for those who have no part in it. */
  readonly members?: readonly string[];
  /** Whether its link has a key; only its creator is told. */
  readonly has_link?: boolean;
}
export interface GameMap extends MapSummary {
  readonly tiles: readonly string[];
  readonly objects: readonly PlacedObject[];
}

/** A list, page by page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}
