import { isFleetError } from "../../core/std/errors.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import { type AssetView, viewOf } from "./asset-view.ts";
import type { Asset } from "./collections.ts";
import { decideList, type ListWish } from "./decide-list.ts";
import type { ListRevision } from "./list-revision.ts";
import type { PageCache } from "./page-cache.ts";
import { SharedReads } from "./shared-reads.ts";

export interface AssetListsOptions {
  readonly assets: Collection<Asset>;
  readonly revision: ListRevision;
  readonly cache: PageCache;
}

export interface PageWish {
  readonly limit: number;
  readonly after?: string;
}

/** Documents that one page may look at, and looks that it may take: filters that fit little end it short of its limit. */
const LOOKS_MAX = 20;

/**
 * Lists of assets, page by page, as JSON text. A page is read once for those who ask for it together, and kept while
 * nothing has changed: that costs one look at one document, whichever process changes something.
 */
export class AssetLists {
  readonly #options: AssetListsOptions;
  readonly #reads = new SharedReads<string>();

  constructor(options: AssetListsOptions) {
    this.#options = options;
  }

  /** BAD_REQUEST when `after` is of another list. */
  async page(wish: ListWish, page: PageWish): Promise<string> {
    const { cache } = this.#options;
    const key = JSON.stringify([wish, page]);
    // The revision is looked at first: a page that is read after it shows at least what it stands for.
    const revision = await this.#options.revision.read();
    const known = cache.get(key, revision);
    if (known !== undefined) return known;
    const text = await this.#reads.read(key, async () =>
      JSON.stringify(await this.#read(wish, page)),
    );
    cache.set(key, revision, text);
    return text;
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
    return await this.#options.assets.find(query).catch((error) => {
      if (!isFleetError(error, "BAD_REQUEST")) throw error;
      throw badRequest([{ path: "after", message: "is not of this list" }]);
    });
  }
}
