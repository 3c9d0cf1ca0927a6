import type { DocumentQuery } from "../../store/documents/document-store.ts";
import type { Asset, Visibility } from "./collections.ts";

export type Sort = "new" | "price" | "name";

/** What a list is to show: every filter that is there holds. */
export interface ListWish {
  /** Whose own list it is; without it, it is what everybody may see. */
  readonly mine?: string;
  readonly owner?: string;
  readonly category_id?: string;
  readonly visibility?: Visibility;
  /** The beginning of a name, in any case. */
  readonly name?: string;
  readonly price_min?: number;
  readonly price_max?: number;
  /** Newest first, cheapest first, or by name. */
  readonly sort?: Sort;
}

export interface ListPlan {
  readonly query: Omit<DocumentQuery, "limit" | "continue">;
  /** What the index does not say. */
  readonly matches: (asset: Asset) => boolean;
}

const ORDERS = { new: "New", price: "Price", name: "Name" } as const;
/** Behind every text that begins with what stands before it. */
const LAST = "\u{10ffff}";

/** Names are compared in one form of their letters, and without case. */
export function nameKeyOf(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** The part of an index that a list is read from, and what is left out of it. Pure. */
export function decideList(wish: ListWish): ListPlan {
  const sort = wish.sort ?? defaultSort(wish);
  const prefix = wish.name === undefined ? undefined : nameKeyOf(wish.name);
  const { index, equal } = placeOf(wish);
  const range = sort === "price" ? priceRange(wish) : {};
  const names =
    sort === "name" && prefix !== undefined ? { from: prefix, until: prefix + LAST } : {};
  const { mine, owner, category_id, visibility, price_min, price_max } = wish;
  return {
    query: { index: index + ORDERS[sort], equal, ...range, ...names, isDescending: sort === "new" },
    matches: (asset) =>
      (mine !== undefined || asset.visibility === "public") &&
      (owner === undefined || asset.owner === owner) &&
      (category_id === undefined || asset.category_id === category_id) &&
      (visibility === undefined || asset.visibility === visibility) &&
      (prefix === undefined || asset.name_key.startsWith(prefix)) &&
      asset.price >= (price_min ?? 0) &&
      asset.price <= (price_max ?? Number.POSITIVE_INFINITY),
  };
}

function defaultSort({ name, price_min, price_max }: ListWish): Sort {
  if (name !== undefined) return "name";
  return price_min === undefined && price_max === undefined ? "new" : "price";
}

/** A user has a bounded number of assets, so one index serves the own list and what others see of it. */
function placeOf({ mine, owner, category_id }: ListWish): Pick<DocumentQuery, "index" | "equal"> {
  const whose = mine ?? owner;
  if (whose !== undefined) return { index: "mine", equal: { mine: whose } };
  const listed = "yes";
  if (category_id !== undefined) return { index: "category", equal: { listed, category_id } };
  return { index: "public", equal: { listed } };
}

function priceRange({ price_min, price_max }: ListWish): Pick<DocumentQuery, "from" | "until"> {
  return {
    ...(price_min === undefined ? {} : { from: price_min }),
    ...(price_max === undefined ? {} : { until: price_max + 1 }),
  };
}
