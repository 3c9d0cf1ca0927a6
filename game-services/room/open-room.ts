import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { DocumentStore } from "../../store/documents/document-store.ts";
import { KeyedLine } from "../service/keyed-line.ts";
import { openDocumentService } from "../service/open-document-service.ts";
import { RateLimit } from "../service/rate-limit.ts";
import { RemoteLogin } from "../service/remote-login.ts";
import type { RunningService } from "../service/run-service.ts";
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
  const login = new RemoteLogin({ url: settings.loginUrl, clock });
  return await openDocumentService({
    title: "Flotilla room",
    version: VERSION,
    description: "Maps that players make, and the way into their rooms.",
    settings,
    database: "flotilla_room",
    bodyBytesMax: BODY_BYTES_MAX,
    logger,
    open: async (store, stack) => ({
      routes: roomRoutes(await openParts(options, store, stack)),
      authenticate: (token) => login.authenticate(token),
    }),
  });
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
