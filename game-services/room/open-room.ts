import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { DocumentStore } from "../../store/documents/document-store.ts";
import { createService } from "../service/create-service.ts";
import { KeyedLine } from "../service/keyed-line.ts";
import { ServiceMetrics } from "../service/metrics.ts";
import { openDocuments, whyAway } from "../service/open-documents.ts";
import { RateLimit } from "../service/rate-limit.ts";
import { RemoteLogin } from "../service/remote-login.ts";
import type { RunningService } from "../service/run-service.ts";
import { readTokenFile } from "../service/token-file.ts";
import { Assets } from "./assets.ts";
import { CONTENTS, MAPS, SNAPSHOTS } from "./collections.ts";
import { Contents } from "./contents.ts";
import { Edits } from "./edits.ts";
import { Heads } from "./heads.ts";
import { MapRooms } from "./map-rooms.ts";
import { Maps } from "./maps.ts";
import { Owning } from "./owning.ts";
import { Removal } from "./removal.ts";
import { roomRoutes } from "./routes.ts";
import type { Settings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";

export interface OpenRoomOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The largest map is some 330 KiB. */
const BODY_BYTES_MAX = 524_288;
const RATE_KEYS_MAX = 100_000;
const CACHED_CHARS_MAX = 32_000_000;
const CHANGES_WAITING_MAX = 200;
const ENTRIES_WAITING_MAX = 4;
const VERSION = "1";

/** The room service, ready to listen. */
export async function openRoom(options: OpenRoomOptions): Promise<RunningService> {
  const { settings, clock, logger } = options;
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openDocuments(settings.documents, "flotilla_room"));
  const parts = await openParts(options, store, stack);
  const login = new RemoteLogin({ url: settings.loginUrl, clock });
  let isEnding = false;
  const app = await createService({
    title: "Flotilla room",
    version: VERSION,
    description: "Maps that players make, and the way into their rooms.",
    routes: roomRoutes(parts),
    plain: {},
    authenticate: (token) => login.authenticate(token),
    operatorToken: readTokenFile(settings.tokenFile),
    isEnding: () => isEnding,
    notReady: () => whyAway(store),
    bodyBytesMax: BODY_BYTES_MAX,
    proxies: settings.proxies,
    metrics: new ServiceMetrics(),
    logger,
  });
  stack.defer(() => app.close());
  const all = stack.move();
  return {
    app,
    fatal: store.fatal,
    beginEnd: () => {
      isEnding = true;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function openParts(
  { settings, clock, logger }: OpenRoomOptions,
  store: DocumentStore,
  stack: AsyncDisposableStack,
): Promise<Parameters<typeof roomRoutes>[0]> {
  const now = (): number => clock.now();
  const maps = await store.collection(MAPS);
  const snapshots = await store.collection(SNAPSHOTS);
  const contents = new Contents({
    collection: await store.collection(CONTENTS),
    cachedCharsMax: CACHED_CHARS_MAX,
    now,
  });
  const assets = new Assets({ url: settings.assetUrl });
  const looks = new Maps({ maps, contents, assets, perUserMax: settings.mapsPerUser, now });
  const heads = new Heads({ maps, contents, line: lineOf(CHANGES_WAITING_MAX), logger });
  const removal = stack.use(new Removal({ maps, contents, snapshots, clock, logger }));
  const rooms = new MapRooms({
    url: settings.flotillaUrl,
    tokenFile: settings.allocateTokenFile,
    ...{ fleet: settings.fleet, seats: settings.seats, waitMs: settings.waitMs },
    line: lineOf(ENTRIES_WAITING_MAX),
  });
  return {
    looks,
    edits: new Edits({ heads, looks, contents, assets, versionsMax: settings.versionsMax, now }),
    owning: new Owning({ heads, removal, now, logger }),
    rooms,
    snapshots: new Snapshots({ looks, snapshots, rooms, now }),
    rate: new RateLimit({
      perMinute: settings.changesPerMinute,
      keysMax: RATE_KEYS_MAX,
      now: () => clock.monotonic(),
    }),
  };
}

function lineOf(waitingMax: number): KeyedLine {
  return new KeyedLine({
    ...{ waitingMax, retryAfterSeconds: 1 },
    full: "too much to do at the moment",
  });
}
