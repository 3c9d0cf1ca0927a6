import { createHash, randomBytes } from "node:crypto";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import { changeDocument } from "../../store/documents/change-document.ts";
import type { Collection, Kept } from "../../store/documents/document-store.ts";
import { badRequest } from "../service/envelope.ts";
import type { KeyedLine } from "../service/keyed-line.ts";
import { type Asset, indexed, type Visibility } from "./collections.ts";
import { nameKeyOf } from "./decide-list.ts";
import type { ListRevision } from "./list-revision.ts";
import type { Counted, Quota } from "./quota.ts";
import { sniffImage } from "./sniff-image.ts";
import type { ThumbnailFiles } from "./thumbnail-files.ts";

export interface AssetsOptions {
  readonly assets: Collection<Asset>;
  readonly quota: Quota;
  readonly files: ThumbnailFiles;
  /** One change of a user at a time: those that come together would only lose races against each other. */
  readonly lines: KeyedLine;
  readonly revision: ListRevision;
  /** Pixels of a side of a thumbnail. */
  readonly sideMax: number;
  readonly now: () => number;
}

export interface NewAsset {
  readonly name: string;
  readonly category_id: string;
  readonly price: number;
  readonly visibility: Visibility;
}

export type AssetPatch = Partial<Pick<NewAsset, "name" | "category_id" | "price">>;

/** Who asks. */
export interface Caller {
  readonly userId: string;
  readonly idempotencyKey: string | undefined;
  readonly signal: AbortSignal;
}

const TRIES_MAX = 32;
const ID_CHARS = 24;
const NOTHING = { count: 0, bytes: 0, kept_count: 0, kept_bytes: 0 };

/** Assets and what their owners do with them. */
export class Assets {
  readonly #options: AssetsOptions;

  constructor(options: AssetsOptions) {
    this.#options = options;
  }

  /** A new asset. The same Idempotency-Key and body get the same one again. FORBIDDEN over the quota. */
  async create(wish: NewAsset, caller: Caller): Promise<Kept<Asset>> {
    const { assets, quota, lines, revision, now } = this.#options;
    const { userId: owner, idempotencyKey: key, signal } = caller;
    const id = key === undefined ? randomId() : idOf(owner, key);
    const made_of = key === undefined ? {} : { made_of: digestOf(JSON.stringify(wish)) };
    return await lines.run(owner, signal, async () => {
      const before = key === undefined ? undefined : await assets.get(id);
      if (before) return sameAgain(before, made_of.made_of);
      const at = now();
      const asset = {
        ...wish,
        ...made_of,
        owner,
        name_key: nameKeyOf(wish.name),
        thumbnail_bytes: 0,
        is_delete: false,
        revision: 1,
        created_at: at,
        updated_at: at,
      };
      const delta = { ...NOTHING, count: 1, kept_count: 1 };
      const { kept } = await quota.count({ owner, asset: id, isNew: true, delta }, (op) =>
        assets.insertOnce(id, indexed({ ...asset, op })),
      );
      await revision.touch();
      return sameAgain(kept, made_of.made_of);
    });
  }

  /** An asset that the caller may see; NOT_FOUND for every other. */
  async get(id: string, { userId }: Caller): Promise<Kept<Asset>> {
    const found = await this.#options.assets.get(id);
    if (found && maySee(found.body, userId)) return found;
    throw notFound();
  }

  /** Those of `ids` that the caller may see, deleted ones among them. */
  async getMany(ids: readonly string[], { userId }: Caller): Promise<readonly Kept<Asset>[]> {
    const found = await this.#options.assets.getMany([...new Set(ids)]);
    return found.filter(({ body }) => maySee(body, userId));
  }

  /** CONFLICT when `version` is given and is another one by now. */
  async update(
    id: string,
    patch: AssetPatch,
    version: number | undefined,
    { userId }: Caller,
  ): Promise<Kept<Asset>> {
    const renamed = patch.name === undefined ? {} : { name_key: nameKeyOf(patch.name) };
    return await this.#change(id, (asset) => {
      assertOwn(asset, userId);
      if (version !== undefined && version !== asset.revision)
        throw new FleetError("CONFLICT", "changed meanwhile");
      return { ...asset, ...patch, ...renamed };
    });
  }

  async show(id: string, visibility: Visibility, { userId }: Caller): Promise<Kept<Asset>> {
    return await this.#change(id, (asset) => {
      assertOwn(asset, userId);
      return asset.visibility === visibility ? undefined : { ...asset, visibility };
    });
  }

  /** It stays for whoever has placed it, and is in no list any more. */
  async remove(id: string, caller: Caller): Promise<Kept<Asset>> {
    return await this.#changeCounted(id, caller, {
      delta: ({ thumbnail_bytes }) => ({ ...NOTHING, count: -1, bytes: -thumbnail_bytes }),
      isDone: ({ is_delete }) => is_delete,
      prepare: async () => undefined,
      change: (asset) => ({ ...asset, is_delete: true }),
    });
  }

  /** An image of a known kind and a bounded size; BAD_REQUEST otherwise, FORBIDDEN over the quota. */
  async setThumbnail(id: string, bytes: Buffer, caller: Caller): Promise<Kept<Asset>> {
    const { files, sideMax } = this.#options;
    const image = sniffImage(bytes);
    if (!image) throw wrongFile("must be a whole PNG, JPEG, WebP or GIF image");
    const { width, height } = image;
    if (width > sideMax || height > sideMax)
      throw wrongFile(`must have at most ${sideMax} pixels on a side, found ${width} × ${height}`);
    let thumbnail = "";
    return await this.#changeCounted(id, caller, {
      delta: ({ thumbnail_bytes: old }) => {
        const more = bytes.length - old;
        return { ...NOTHING, bytes: more, kept_bytes: more };
      },
      isDone: () => false,
      // The file is durable before anything points to it.
      prepare: async () => {
        thumbnail = await files.write(bytes);
      },
      change: (asset) => ({ ...asset, thumbnail, thumbnail_bytes: bytes.length }),
    });
  }

  /** A change that counts for the quota: counted, prepared, then made on the asset as it was when it was counted. */
  async #changeCounted(id: string, caller: Caller, wish: CountedChange): Promise<Kept<Asset>> {
    const { assets, lines, quota } = this.#options;
    const { userId: owner, signal } = caller;
    return await lines.run(owner, signal, async () => {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const found = await assets.get(id);
        if (!found) throw notFound();
        if (found.body.owner === owner && wish.isDone(found.body)) return found;
        assertOwn(found.body, owner);
        const counted: Counted = { owner, asset: id, isNew: false, delta: wish.delta(found.body) };
        const made = await quota.count(counted, async (op) => {
          await wish.prepare();
          return await this.#swapCounted(found, (asset) => ({ ...wish.change(asset), op }));
        });
        if (made) return made;
      }
      throw new FleetError("CONFLICT", "changed meanwhile");
    });
  }

  /** Undefined when something that counts came between. */
  async #swapCounted(
    { id, body }: Kept<Asset>,
    change: (asset: Asset) => Asset,
  ): Promise<Kept<Asset> | undefined> {
    let isOvertaken = false;
    const kept = await this.#change(id, (asset) => {
      isOvertaken = asset.op !== body.op;
      return isOvertaken ? undefined : change(asset);
    });
    return isOvertaken ? undefined : kept;
  }

  async #change(id: string, decide: (asset: Asset) => Asset | undefined): Promise<Kept<Asset>> {
    const { assets: collection, revision, now } = this.#options;
    const kept = await changeDocument({
      collection,
      id,
      triesMax: TRIES_MAX,
      decide: (asset) => {
        const next = decide(asset);
        if (next === undefined) return undefined;
        return indexed({ ...next, revision: asset.revision + 1, updated_at: now() });
      },
    }).catch((error) => {
      throw isFleetError(error, "NOT_FOUND") ? notFound() : error;
    });
    await revision.touch();
    return kept;
  }
}

interface CountedChange {
  readonly delta: (asset: Asset) => Counted["delta"];
  /** True where nothing is left to do. */
  readonly isDone: (asset: Asset) => boolean;
  /** What has to be there before the change. */
  readonly prepare: () => Promise<void>;
  readonly change: (asset: Asset) => Asset;
}

export function maySee({ owner, visibility }: Asset, userId: string): boolean {
  return owner === userId || visibility === "public";
}

/** Whoever may not see it is not told that it is there. */
function assertOwn(asset: Asset, userId: string): void {
  if (!maySee(asset, userId)) throw notFound();
  if (asset.owner !== userId) throw new FleetError("FORBIDDEN", "not your asset");
  if (asset.is_delete) throw notFound();
}

function sameAgain(kept: Kept<Asset>, made_of: string | undefined): Kept<Asset> {
  if (kept.body.made_of === made_of) return kept;
  throw new FleetError("KEY_REUSED", "idempotency key reused");
}

function notFound(): FleetError {
  return new FleetError("NOT_FOUND", "asset not found");
}

function wrongFile(message: string): FleetError {
  return badRequest([{ path: "thumbnail", message }]);
}

function randomId(): string {
  return `a${randomBytes(ID_CHARS / 2).toString("hex")}`;
}

function idOf(owner: string, key: string): string {
  return `a${digestOf(JSON.stringify([owner, key])).slice(0, ID_CHARS)}`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
