import { isFleetError } from "../../core/std/errors.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import { type AssetView, viewOf } from "./asset-view.ts";
import type { Asset } from "./collections.ts";
import { decideList, type ListWish } from "./decide-list.ts";
import { SharedReads } from "./shared-reads.ts";

export interface PageWish {
  readonly limit: number;
  readonly after?: string;
}

/** Documents that one page may look at, and looks that it may take: filters that fit little end it short of its limit. */
const LOOKS_MAX = 20;

/** Lists of assets, page by page, as JSON text: who asks the same at the same time gets the same text. */
export class AssetLists {
  readonly #assets: Collection<Asset>;
  readonly #reads = new SharedReads<string>();

  constructor(assets: Collection<Asset>) {
    this.#assets = assets;
  }

  /** BAD_REQUEST when `after` is of another list. */
  async page(wish: ListWish, page: PageWish): Promise<string> {
    const key = JSON.stringify([wish, page]);
    return await this.#reads.read(key, async () => JSON.stringify(await this.#read(wish, page)));
  }

  async #read(
    wish: ListWish,
    { limit, after }: PageWish,
  ): Promise<{ readonly items: readonly AssetView[]; readonly next?: string }> {
    const { query, matches } = decideList(wish);
    const items: Kept<Asset>[] = [];
    let next = after;
    for (let look = 0; look < LOOKS_MAX && items.length < limit; look++) {
      // Never more than are wanted still, so that the page ends where the look does.
      const wanted = { ...query, limit: limit - items.length };
      const found = await this.#find(next === undefined ? wanted : { ...wanted, continue: next });
      items.push(...found.items.filter(({ body }) => matches(body)));
      next = found.continue;
      if (next === undefined) break;
    }
    const shown = items.map(viewOf);
    return next === undefined ? { items: shown } : { items: shown, next };
  }

  async #find(
    query: Parameters<Collection<Asset>["find"]>[0],
  ): ReturnType<Collection<Asset>["find"]> {
    return await this.#assets.find(query).catch((error) => {
      if (!isFleetError(error, "BAD_REQUEST")) throw error;
      throw badRequest([{ path: "after", message: "is not of this list" }]);
    });
  }
}
