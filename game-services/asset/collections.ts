import type { CollectionSpec } from "../../store/documents/document-store.ts";
import type { Usage } from "./decide-usage.ts";

export type Visibility = "private" | "public";

/** Something that a user made. Times are milliseconds since 1970. */
export interface Asset {
  readonly owner: string;
  readonly name: string;
  /** What names are sorted and looked up by. */
  readonly name_key: string;
  readonly category_id: string;
  /** The digest of its file, and the bytes that the file has. */
  readonly thumbnail?: string;
  readonly thumbnail_bytes: number;
  readonly price: number;
  readonly is_delete: boolean;
  readonly visibility: Visibility;
  /** Counts changes. */
  readonly revision: number;
  readonly created_at: number;
  readonly updated_at: number;
  /** The last change that counted for the quota; see `Quota`. */
  readonly op: string;
  /** A digest of the request that made it, where it had an Idempotency-Key. */
  readonly made_of?: string;
  /** The owner, while it is not deleted. */
  readonly mine?: string;
  /** Present while everybody may list it. */
  readonly listed?: "yes";
}

/** An asset with what its indexes look at. */
export function indexed(asset: Asset): Asset {
  const { mine: _mine, listed: _listed, ...rest } = asset;
  const { owner, is_delete, visibility } = rest;
  if (is_delete) return rest;
  return { ...rest, mine: owner, ...(visibility === "public" ? { listed: "yes" } : {}) };
}

export const ASSETS: CollectionSpec<Asset> = {
  name: "assets",
  fields: {
    mine: "string",
    listed: "string",
    category_id: "string",
    name_key: "string",
    price: "number",
    created_at: "number",
    thumbnail: "string",
  },
  unique: {},
  indexes: {
    publicNew: { equal: ["listed"], order: "created_at" },
    publicPrice: { equal: ["listed"], order: "price" },
    publicName: { equal: ["listed"], order: "name_key" },
    categoryNew: { equal: ["listed", "category_id"], order: "created_at" },
    categoryPrice: { equal: ["listed", "category_id"], order: "price" },
    categoryName: { equal: ["listed", "category_id"], order: "name_key" },
    mineNew: { equal: ["mine"], order: "created_at" },
    minePrice: { equal: ["mine"], order: "price" },
    mineName: { equal: ["mine"], order: "name_key" },
    byThumbnail: { equal: ["thumbnail"] },
  },
  migrations: [],
};

/** What users have; the id is the user's. */
export const USAGES: CollectionSpec<Usage> = {
  name: "usages",
  fields: {},
  unique: {},
  indexes: {},
  migrations: [],
};
