import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Environment, SettingsReader } from "../service/settings.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** `file:///…` or `mongodb://…`, itself or in the file of ROOM_DOCUMENTS_FILE. Never shown: it may hold a password. */
  readonly documents: string;
  /** The operator's token, which game servers have; made when there is none. */
  readonly tokenFile: string;
  readonly proxies: number;
  readonly loginUrl: string;
  readonly assetUrl: string;
  /** Flotilla's API. */
  readonly flotillaUrl: string;
  /** A token of Flotilla's with the scope allocate. */
  readonly allocateTokenFile: string;
  /** The fleet whose game servers run maps. */
  readonly fleet: string;
  /** Of a map's room. */
  readonly seats: number;
  readonly waitMs: number;
  readonly mapsPerUser: number;
  readonly versionsMax: number;
  readonly changesPerMinute: number;
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment, uid: number | undefined): Settings {
  const read = new SettingsReader(env);
  const platform = read.stateFolder(uid);
  const state = join(platform, "room");
  const seconds = (name: string, fallback: number, max: number): number =>
    read.number(name, fallback, 0, max) * 1_000;
  return {
    host: read.text("ROOM_HOST", "127.0.0.1"),
    port: read.number("ROOM_PORT", 8713, 0, 65_535),
    documents: read.secret("ROOM_DOCUMENTS", pathToFileURL(join(state, "room.db")).href),
    tokenFile: read.text("ROOM_TOKEN_FILE", join(state, "operator.token")),
    proxies: read.number("ROOM_PROXIES", 0, 0, 8),
    loginUrl: read.url("LOGIN_URL", "http://127.0.0.1:8711"),
    assetUrl: read.url("ASSET_URL", "http://127.0.0.1:8712"),
    flotillaUrl: read.url("FLOTILLA_API", "http://127.0.0.1:8700"),
    allocateTokenFile: read.text("ROOM_ALLOCATE_TOKEN_FILE", join(platform, "allocate.token")),
    fleet: read.text("ROOM_FLEET", "maps"),
    seats: read.number("ROOM_SEATS", 100, 1, 1_000),
    waitMs: seconds("ROOM_WAIT_SECONDS", 10, 40),
    mapsPerUser: read.number("ROOM_MAPS_PER_USER", 50, 1, 1_000),
    versionsMax: read.number("ROOM_VERSIONS", 50, 1, 50),
    changesPerMinute: read.number("ROOM_CHANGES_PER_MINUTE", 600, 0, 1_000_000),
    drainMs: seconds("ROOM_DRAIN_SECONDS", 0, 600),
    logLevel: read.oneOf("ROOM_LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  };
}
