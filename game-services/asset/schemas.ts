import type { Schema } from "../../core/model/schema.ts";

export const LIMIT_MAX = 100;
export const LIMIT_DEFAULT = 20;
export const BATCH_MAX = 100;
const PRICE_MAX = 1_000_000_000;

const NAME: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 80,
  pattern: "^(?!\\s)[^\\p{Cc}\\p{Cs}]+(?<!\\s)$",
  "x-flotilla-form": "text without control characters and without space at its ends",
};
const CATEGORY: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9_.-]+$",
  "x-flotilla-form": "letters, digits, _ . or -",
};
const PRICE: Schema = { type: "integer", minimum: 0, maximum: PRICE_MAX };
const VISIBILITY: Schema = { type: "string", enum: ["private", "public"] };
const VERSION: Schema = { type: "integer", minimum: 1, maximum: 1_000_000_000 };
const ASSET_ID: Schema = {
  type: "string",
  minLength: 25,
  maxLength: 25,
  pattern: "^a[0-9a-f]{24}$",
  "x-flotilla-form": "the id of an asset",
};
const DIGEST: Schema = {
  type: "string",
  minLength: 64,
  maxLength: 64,
  pattern: "^[0-9a-f]{64}$",
  "x-flotilla-form": "a SHA-256 in lowercase hexadecimal digits",
};

export const OF_ASSET: Schema = {
  type: "object",
  required: ["asset_id"],
  properties: { asset_id: ASSET_ID },
};
export const OF_THUMBNAIL: Schema = {
  type: "object",
  required: ["sha256"],
  properties: { sha256: DIGEST },
};

export const NEW_ASSET: Schema = {
  type: "object",
  required: ["name", "category_id"],
  properties: { name: NAME, category_id: CATEGORY, price: PRICE, visibility: VISIBILITY },
};
export const PATCH: Schema = {
  type: "object",
  properties: {
    name: NAME,
    category_id: CATEGORY,
    price: PRICE,
    version: { ...VERSION, description: "Changes nothing when it is another one by now." },
  },
};
export const BATCH: Schema = {
  type: "object",
  required: ["ids"],
  properties: { ids: { type: "array", minItems: 1, maxItems: BATCH_MAX, items: ASSET_ID } },
};

const LIMIT: Schema = { type: "integer", minimum: 1, maximum: LIMIT_MAX };
const PREFIX: Schema = {
  type: "string",
  description: "The beginning of a name; case does not count.",
  minLength: 1,
  maxLength: 80,
};
const LIST = {
  category_id: CATEGORY,
  name: PREFIX,
  price_min: PRICE,
  price_max: PRICE,
  sort: {
    type: "string",
    description:
      "Newest first, cheapest first, or by name; by name or price where the list is filtered by that.",
    enum: ["new", "price", "name"],
  },
  limit: LIMIT,
  after: {
    type: "string",
    description: "The page before's `next`.",
    minLength: 1,
    maxLength: 2_000,
  },
} as const satisfies Record<string, Schema>;
export const PUBLIC_LIST: Schema = {
  type: "object",
  properties: {
    owner: { type: "string", minLength: 1, maxLength: 64 },
    ...LIST,
  },
};
export const OWN_LIST: Schema = { type: "object", properties: { visibility: VISIBILITY, ...LIST } };

export const ASSET: Schema = {
  type: "object",
  required: [
    "asset_id",
    "owner",
    "name",
    "category_id",
    "price",
    "is_delete",
    "visibility",
    "version",
    "created_at",
    "updated_at",
  ],
  properties: {
    asset_id: ASSET_ID,
    owner: { type: "string" },
    name: NAME,
    category_id: CATEGORY,
    thumbnail: { type: "string", description: "A path of this service; absent without one." },
    price: PRICE,
    is_delete: { type: "boolean" },
    visibility: VISIBILITY,
    version: { ...VERSION, description: "Grows by one with each change." },
    created_at: { type: "string", format: "date-time" },
    updated_at: { type: "string", format: "date-time" },
  },
};
export const PAGE: Schema = {
  type: "object",
  required: ["items"],
  properties: {
    items: { type: "array", maxItems: LIMIT_MAX, items: ASSET },
    next: {
      type: "string",
      description: "Absent on the last page. A page may be short, or empty, before the last one.",
    },
  },
};
export const FOUND: Schema = {
  type: "object",
  required: ["items", "missing"],
  properties: {
    items: { type: "array", maxItems: BATCH_MAX, items: ASSET },
    missing: {
      type: "array",
      description: "Those that are not there, or not for the caller.",
      maxItems: BATCH_MAX,
      items: ASSET_ID,
    },
  },
};
