import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Collection, DocumentStore } from "../../store/documents/document-store.ts";
import { KeyedLine } from "../service/keyed-line.ts";
import { openDocumentService } from "../service/open-document-service.ts";
import { RemoteLogin } from "../service/remote-login.ts";
import type { RunningService } from "../service/run-service.ts";
import { AssetLists } from "./asset-lists.ts";
import { Assets } from "./assets.ts";
import { ASSETS, type Asset, USAGES } from "./collections.ts";
import { ListRevision, MARKS } from "./list-revision.ts";
import { PageCache } from "./page-cache.ts";
import { Quota } from "./quota.ts";
import { type AssetRoutesOptions, assetRoutes } from "./routes.ts";
import type { Settings } from "./settings.ts";
import { ThumbnailFiles } from "./thumbnail-files.ts";

export interface OpenAssetOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

const BODY_BYTES_MAX = 16_384;
const CACHE_CHARS_MAX = 16_000_000;
/** A process that is killed between a change and its mark has answered nobody; so long the change may stay unseen. */
const CACHE_MS_MAX = 30_000;
/** Of one user. */
const CHANGES_WAITING_MAX = 100;
const TOO_MUCH = "too much to do at the moment";
const SWEEP_EVERY_MS = 3_600_000;
const VERSION = "1";

/** The asset service, ready to listen. */
export async function openAsset(options: OpenAssetOptions): Promise<RunningService> {
  const { settings, clock, logger } = options;
  const login = new RemoteLogin({ url: settings.loginUrl, clock });
  return await openDocumentService({
    title: "Flotilla asset",
    version: VERSION,
    description: "What the users of a game made, to be placed on maps.",
    settings,
    database: "flotilla_asset",
    bodyBytesMax: BODY_BYTES_MAX,
    logger,
    open: async (store, stack) => {
      const kept = await keptIn(store, settings);
      stack.use(sweepNowAndThen(kept.files, kept.collection, logger));
      return {
        routes: assetRoutes(await routesOn(options, kept)),
        authenticate: (token) => login.authenticate(token),
      };
    },
  });
}

async function keptIn(store: DocumentStore, settings: Settings): Promise<Kept> {
  const files = await ThumbnailFiles.open(settings.files);
  const collection = await store.collection(ASSETS);
  return { store, collection, files, revision: new ListRevision(await store.collection(MARKS)) };
}

async function routesOn(options: OpenAssetOptions, kept: Kept): Promise<AssetRoutesOptions> {
  const { settings, clock } = options;
  const { collection, files, revision } = kept;
  const cache = new PageCache({
    charsMax: CACHE_CHARS_MAX,
    ageMsMax: CACHE_MS_MAX,
    now: () => clock.monotonic(),
  });
  return {
    assets: await assetsOf(options, kept),
    lists: new AssetLists({ assets: collection, revision, cache }),
    files,
    upload: {
      field: "thumbnail",
      bytesMax: settings.thumbnailBytesMax,
      timeoutMs: settings.uploadMs,
      openMax: settings.uploadsMax,
      openOfOneMax: settings.uploadsOfOneMax,
    },
  };
}

interface Kept {
  readonly store: DocumentStore;
  readonly collection: Collection<Asset>;
  readonly files: ThumbnailFiles;
  readonly revision: ListRevision;
}

async function assetsOf(
  { settings, clock, logger }: OpenAssetOptions,
  { store, collection, files, revision }: Kept,
): Promise<Assets> {
  const now = (): number => clock.now();
  const quota = new Quota({
    assets: collection,
    usages: await store.collection(USAGES),
    limits: { countMax: settings.assetsPerUser, bytesMax: settings.bytesPerUser },
    now,
    logger,
  });
  return new Assets({
    assets: collection,
    quota,
    files,
    lines: new KeyedLine({ waitingMax: CHANGES_WAITING_MAX, full: TOO_MUCH, retryAfterSeconds: 1 }),
    revision,
    sideMax: settings.thumbnailSideMax,
    now,
  });
}

/** True when an asset points to the file. */
export async function isUsed(assets: Collection<Asset>, digest: string): Promise<boolean> {
  const query = { index: "byThumbnail", equal: { thumbnail: digest }, limit: 1 };
  return (await assets.find(query)).items.length > 0;
}

/** Removes files that nothing points to any more, in the background; several processes may do so at once. */
function sweepNowAndThen(
  files: ThumbnailFiles,
  assets: Collection<Asset>,
  logger: Logger,
): AsyncDisposable {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await files
        .sweep((digest) => isUsed(assets, digest), Date.now(), stop.signal)
        .catch((error) =>
          logger.warn({ because: messageOf(error) }, "unused thumbnails were not removed"),
        );
      // Ages are those that the disk's clock gives to files, whatever clock the service has.
      await setTimeout(SWEEP_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}
