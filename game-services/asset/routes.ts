import { assert } from "../../core/std/assert.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Asked, NamedFailure, ServiceRoute, Upload } from "../service/route.ts";
import type { AssetLists, PageWish } from "./asset-lists.ts";
import { viewOf } from "./asset-view.ts";
import type { AssetPatch, Assets, Caller, NewAsset } from "./assets.ts";
import type { Visibility } from "./collections.ts";
import type { ListWish } from "./decide-list.ts";
import * as schemas from "./schemas.ts";
import { IMAGE_TYPES, sniffImage } from "./sniff-image.ts";
import type { ThumbnailFiles } from "./thumbnail-files.ts";

export interface AssetRoutesOptions {
  readonly assets: Assets;
  readonly lists: AssetLists;
  readonly files: ThumbnailFiles;
  readonly upload: Upload;
}

const DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const ID = "a3f2b8c1d4e5f60718293a4b5";
const WISH = { name: "Old well", category_id: "furniture", price: 30 };
const WELL = {
  asset_id: ID,
  owner: "ann",
  ...WISH,
  thumbnail: `/thumbnails/${DIGEST}`,
  is_delete: false,
  visibility: "public",
  version: 3,
  created_at: "2026-01-01T12:00:00Z",
  updated_at: "2026-01-01T12:30:00Z",
};
const OF_WELL = { params: { asset_id: ID }, message: WELL };

const NOT_FOUND: NamedFailure = { code: "NOT_FOUND", message: "asset not found" };
const BUSY: readonly NamedFailure[] = [
  { code: "UNAVAILABLE", message: "too much to do at the moment" },
  { code: "STORAGE_FULL", message: "no space left" },
];
const CHANGES: readonly NamedFailure[] = [
  NOT_FOUND,
  { code: "FORBIDDEN", message: "not your asset" },
  { code: "CONFLICT", message: "changed meanwhile" },
  ...BUSY,
];
/** What every route of one asset has in common. */
const ONE = {
  access: "player",
  params: schemas.OF_ASSET,
  status: 200,
  answer: schemas.ASSET,
} as const;

/** Everything that the service answers. */
export function assetRoutes(options: AssetRoutesOptions): readonly ServiceRoute[] {
  return [
    createRoute(options),
    ...listRoutes(options),
    batchRoute(options),
    ...oneRoutes(options),
    ...showRoutes(options),
    ...thumbnailRoutes(options),
  ] as ServiceRoute[];
}

function callerOf<B>({ player, idempotencyKey, signal }: Asked<B>): Caller {
  assert(player, "a route for players was called by nobody");
  return { userId: player.userId, idempotencyKey, signal };
}

const idOf = <B>({ params }: Asked<B>): string => params.asset_id ?? "";

function createRoute({ assets }: AssetRoutesOptions): unknown {
  const route: ServiceRoute<Partial<NewAsset> & Pick<NewAsset, "name" | "category_id">> = {
    method: "POST",
    url: "/assets",
    access: "player",
    summary: "Makes an asset.",
    body: schemas.NEW_ASSET,
    status: 201,
    answer: schemas.ASSET,
    failures: [
      { code: "FORBIDDEN", message: "too many assets" },
      { code: "KEY_REUSED", message: "idempotency key reused" },
      ...BUSY,
    ],
    example: { body: WISH, message: { ...WELL, visibility: "private", version: 1 } },
    isIdempotent: true,
    handle: async (asked) => {
      const { name, category_id, price, visibility } = asked.body;
      const wish = { name, category_id, price: price ?? 0, visibility: visibility ?? "private" };
      return { message: viewOf(await assets.create(wish, callerOf(asked))) };
    },
  };
  return route;
}

function listRoutes({ lists }: AssetRoutesOptions): readonly unknown[] {
  const page = { status: 200, answer: schemas.PAGE, failures: [], access: "player" } as const;
  const example = { message: { items: [WELL], next: "WyI0ZjE4YjQ3YSIsImEzZjIiXQ" } };
  const all: ServiceRoute = {
    ...page,
    method: "GET",
    url: "/assets",
    summary: "What is published, page by page.",
    query: schemas.PUBLIC_LIST,
    example,
    handle: async ({ query }) => ({ text: await lists.page(...wishOf(query)) }),
  };
  const mine: ServiceRoute = {
    ...page,
    method: "GET",
    url: "/assets/mine",
    summary: "The player's own assets, page by page.",
    query: schemas.OWN_LIST,
    example,
    handle: async (asked) => {
      const [wish, wanted] = wishOf(asked.query);
      const { userId } = callerOf(asked);
      return { text: await lists.page({ ...wish, mine: userId }, wanted) };
    },
  };
  return [all, mine];
}

/** The schema has checked what stands in a query. */
function wishOf({ limit, after, ...wish }: Asked<never>["query"]): [ListWish, PageWish] {
  const page = { limit: Number(limit ?? schemas.LIMIT_DEFAULT) };
  return [wish as ListWish, after === undefined ? page : { ...page, after: String(after) }];
}

function batchRoute({ assets }: AssetRoutesOptions): unknown {
  const route: ServiceRoute<{ readonly ids: readonly string[] }> = {
    method: "POST",
    url: "/assets/batch",
    access: "player",
    summary: "Those of some assets that the player may see; deleted ones say so.",
    body: schemas.BATCH,
    status: 200,
    answer: schemas.FOUND,
    failures: [],
    example: { body: { ids: [ID] }, message: { items: [WELL], missing: [] } },
    handle: async (asked) => {
      const { ids } = asked.body;
      const items = (await assets.getMany(ids, callerOf(asked))).map(viewOf);
      const found = new Set(items.map(({ asset_id }) => asset_id));
      return { message: { items, missing: [...new Set(ids)].filter((id) => !found.has(id)) } };
    },
  };
  return route;
}

type PatchBody = { readonly [K in keyof AssetPatch]?: AssetPatch[K] | null } & {
  readonly version?: number | null;
};

function oneRoutes({ assets }: AssetRoutesOptions): readonly unknown[] {
  const url = "/assets/:asset_id";
  const get: ServiceRoute = {
    ...ONE,
    method: "GET",
    url,
    summary: "An asset of the player's own, or a published one.",
    failures: [NOT_FOUND],
    example: OF_WELL,
    handle: async (asked) => ({ message: viewOf(await assets.get(idOf(asked), callerOf(asked))) }),
  };
  const patch: ServiceRoute<PatchBody> = {
    ...ONE,
    method: "PATCH",
    url,
    summary: "Changes what is given; with `version` only if nobody has changed it since.",
    body: schemas.PATCH,
    failures: CHANGES,
    example: { ...OF_WELL, body: { price: 30, version: 2 } },
    handle: async (asked) => {
      const { version, ...given } = asked.body;
      // No value and no member mean the same: it stays.
      const wished = Object.entries(given).filter(([, value]) => value !== null);
      const next = Object.fromEntries(wished) as AssetPatch;
      const caller = callerOf(asked);
      return {
        message: viewOf(await assets.update(idOf(asked), next, version ?? undefined, caller)),
      };
    },
  };
  const remove: ServiceRoute = {
    ...ONE,
    method: "DELETE",
    url,
    summary: "Deletes an asset: it leaves all lists, and stays for maps that have placed it.",
    failures: CHANGES,
    example: { ...OF_WELL, message: { ...WELL, is_delete: true } },
    handle: async (asked) => ({
      message: viewOf(await assets.remove(idOf(asked), callerOf(asked))),
    }),
  };
  return [get, patch, remove];
}

function showRoutes({ assets }: AssetRoutesOptions): readonly unknown[] {
  const route = (word: string, summary: string, visibility: Visibility): ServiceRoute => ({
    ...ONE,
    method: "POST",
    url: `/assets/:asset_id/${word}`,
    summary,
    failures: CHANGES,
    example: { ...OF_WELL, message: { ...WELL, visibility } },
    handle: async (asked) => ({
      message: viewOf(await assets.show(idOf(asked), visibility, callerOf(asked))),
    }),
  });
  return [
    route("publish", "Shows an asset to everybody.", "public"),
    route("unpublish", "Shows an asset to nobody but its owner.", "private"),
  ];
}

function thumbnailRoutes({ assets, files, upload }: AssetRoutesOptions): readonly unknown[] {
  const put: ServiceRoute = {
    ...ONE,
    method: "PUT",
    url: "/assets/:asset_id/thumbnail",
    summary: "Sets the thumbnail: a PNG, JPEG, WebP or GIF image, as what its bytes say it is.",
    upload,
    failures: [
      ...CHANGES,
      { code: "FORBIDDEN", message: "too many bytes" },
      { code: "EXHAUSTED", message: "too many uploads of yours at once" },
      { code: "UNAVAILABLE", message: "too many uploads at the moment" },
    ],
    example: OF_WELL,
    handle: async (asked) => {
      assert(asked.file, "an upload without a file");
      return {
        message: viewOf(await assets.setThumbnail(idOf(asked), asked.file, callerOf(asked))),
      };
    },
  };
  const show: ServiceRoute = {
    method: "GET",
    url: "/thumbnails/:sha256",
    access: "open",
    summary: "The image of a thumbnail, for whoever knows its digest. It never changes.",
    params: schemas.OF_THUMBNAIL,
    files: IMAGE_TYPES,
    status: 200,
    answer: { type: "object", properties: {} },
    failures: [{ code: "NOT_FOUND", message: "thumbnail not found" }],
    example: { params: { sha256: DIGEST }, message: {} },
    handle: async ({ params: { sha256: etag = "" } }) => {
      const bytes = await files.read(etag);
      const image = bytes && sniffImage(bytes);
      if (!image) throw new FleetError("NOT_FOUND", "thumbnail not found");
      return { bytes, type: image.type, etag };
    },
  };
  return [put, show];
}
