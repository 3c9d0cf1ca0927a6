import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openAuthority } from "../../access/authority.ts";
import { issueClientPair, revokeClientPair } from "../../access/client-certificates.ts";
import { FolderWatch } from "../../access/folder-watch.ts";
import {
  AllocationService,
  type AllocationServiceOptions,
  SERVICE_BOUNDS,
} from "../../api/allocation-service/allocation-service.ts";
import { type ServerPair, TlsKeeper } from "../../api/allocation-service/tls-keeper.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import {
  type AllocatorPlace,
  allocatorPlaceOf,
  CLIENT_CA,
  CLIENT_FILES,
  shownPlace,
} from "../allocator-place.ts";
import type { Config } from "../config.ts";
import { certifiedNames } from "./tls.ts";

/** What the allocation service is to be, made ready while the process is root. */
export interface PlannedAllocation {
  readonly place: AllocatorPlace;
  readonly auth: Config["allocatorAuth"];
  readonly tls: PlannedTls | undefined;
}
interface PlannedTls {
  readonly readPair: () => Promise<ServerPair>;
  readonly clientFolder: string | undefined;
  /** Where changes are looked for. */
  readonly folders: readonly string[];
}
type Parts = Omit<
  AllocationServiceOptions,
  "host" | "port" | "auth" | "tls" | "bounds" | "notReady"
>;

const DAY_MS = 86_400_000;
/** As long as our authority: nobody is locked out one day because of a date. */
export const CLIENT_LIFE_MS: number = 3_650 * DAY_MS;
const DEFAULT_CLIENT = "default";
const LOOK_EVERY_MS = 10_000;
const SETTLE_MS = 200;

/**
 * Reads the settings, and makes what a first start makes: a pair for a client. `folder` is the state folder; the server's
 * own folder is to become the current one.
 */
export async function planAllocation(
  config: Config,
  folder: string,
  now: number,
): Promise<PlannedAllocation | undefined> {
  const place = allocatorPlaceOf(config);
  if (!place) return undefined;
  const { allocatorAuth: auth, allocatorTls } = config;
  if (allocatorTls === "off") {
    if (auth === "mtls")
      throw new FleetError("INVALID", "client certificates need TLS, and --allocator-tls is off", {
        next: "choose what clients show instead: --allocator-auth token, or none",
      });
    return { place, auth, tls: undefined };
  }
  const isOwn = allocatorTls === "own";
  const authority = isOwn ? await openAuthority(folder, now) : undefined;
  if (authority) await keepFile(join(folder, CLIENT_FILES.ca), authority.certificate);
  if (auth === "mtls" && config.allocatorClientCa === "") await makeDefaultClient(folder, now);
  const pair = authority?.certify(certifiedNames(config.serverNames, place.host));
  const pairFolder = resolve(allocatorTls);
  const readPair = async (): Promise<ServerPair> => pair ?? (await readPairIn(pairFolder));
  const clientFolder =
    auth === "mtls"
      ? (config.allocatorClientCa && resolve(config.allocatorClientCa)) || CLIENT_CA
      : undefined;
  const folders = [...(isOwn ? [] : [pairFolder]), ...(clientFolder ? [clientFolder] : [])];
  return { place, auth, tls: { readPair, clientFolder, folders } };
}

async function keepFile(file: string, content: string): Promise<void> {
  if (existsSync(file) && (await readFile(file, "utf8")) === content) return;
  await replaceFile(file, 0o644, content);
}

/** The key last: whoever finds it has the rest. A pair that somebody took out of the folder is not made again. */
async function makeDefaultClient(folder: string, now: number): Promise<void> {
  const clientFolder = join(folder, "server", CLIENT_CA);
  mkdirSync(clientFolder, { recursive: true });
  const keyFile = join(folder, CLIENT_FILES.key);
  if (existsSync(keyFile)) return;
  if (existsSync(join(clientFolder, `${DEFAULT_CLIENT}.crt`)))
    await revokeClientPair(clientFolder, DEFAULT_CLIENT);
  const wanted = { name: DEFAULT_CLIENT, now, lifeMs: CLIENT_LIFE_MS };
  const { key, cert } = await issueClientPair(clientFolder, wanted);
  await replaceFile(join(folder, CLIENT_FILES.cert), 0o644, cert);
  await replaceFile(keyFile, 0o600, key);
}

async function readPairIn(folder: string): Promise<ServerPair> {
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const [cert, key] = await Promise.all([read("tls.crt"), read("tls.key")]);
  return { cert, key };
}

/** Begins to listen, and follows the files; undefined without a plan. */
export async function openAllocation(
  planned: PlannedAllocation | undefined,
  parts: Parts,
): Promise<AsyncDisposable | undefined> {
  if (!planned) return undefined;
  const { place, auth, tls } = planned;
  const { logger } = parts;
  await using opened = new AsyncDisposableStack();
  const keeper = tls && (await openKeeper(tls, parts));
  if (keeper) {
    const look = () => keeper.look();
    const { folders } = tls;
    opened.use(new FolderWatch({ folders, everyMs: LOOK_EVERY_MS, settleMs: SETTLE_MS, look }));
  }
  if (auth === "none")
    logger.warn(place, "the allocation service asks nobody who they are: anyone may allocate");
  if (!keeper) logger.warn(place, "the allocation service speaks in plain text");
  opened.use(
    await listen({ ...parts, ...place, auth, tls: keeper, notReady, bounds: SERVICE_BOUNDS }),
  );
  logger.info({ ...place, auth }, "the allocation service is up");
  return opened.move();
}

const notReady = (): undefined => undefined;

async function openKeeper(tls: PlannedTls, { clock, logger }: Parts): Promise<TlsKeeper> {
  try {
    return await TlsKeeper.open({ ...tls, clock, logger });
  } catch (error) {
    throw new FleetError(
      "FAILED_PRECONDITION",
      `the allocation service cannot use its certificate: ${messageOf(error)}`,
      {
        next: "--allocator-tls takes a folder whose tls.crt and tls.key the server may read, or own",
      },
    );
  }
}

async function listen(options: AllocationServiceOptions): Promise<AllocationService> {
  try {
    return await AllocationService.open(options);
  } catch (error) {
    throw new FleetError(
      "FAILED_PRECONDITION",
      `the allocation service cannot listen on ${shownPlace(options)}: ${messageOf(error)}`,
      {
        next: "choose another place: --allocator-listen PORT, or switch it off: --allocator-listen off",
      },
    );
  }
}
