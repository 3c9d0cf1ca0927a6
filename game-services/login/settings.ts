import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Environment, SettingsReader } from "../service/settings.ts";

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** `file:///…` or `mongodb://…`, itself or in the file of LOGIN_DOCUMENTS_FILE. Never shown: it may hold a password. */
  readonly documents: string;
  /** Private signing keys, made when there are none. */
  readonly keyFile: string;
  /** The operator's token, made when there is none. */
  readonly tokenFile: string;
  readonly proxies: number;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  readonly onlineMs: number;
  readonly addressPerMinute: number;
  readonly accountPerMinute: number;
  readonly lockAfter: number;
  readonly hashesMax: number;
  readonly hashesWaitingMax: number;
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const DAY_SECONDS = 86_400;

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment, uid: number | undefined): Settings {
  const read = new SettingsReader(env);
  const state = join(read.stateFolder(uid), "login");
  const seconds = (name: string, fallback: number, max: number): number =>
    read.number(name, fallback, 0, max) * 1_000;
  return {
    host: read.text("LOGIN_HOST", "127.0.0.1"),
    port: read.number("LOGIN_PORT", 8711, 0, 65_535),
    documents: read.secret("LOGIN_DOCUMENTS", pathToFileURL(join(state, "login.db")).href),
    keyFile: read.text("LOGIN_KEY_FILE", join(state, "keys.json")),
    tokenFile: read.text("LOGIN_TOKEN_FILE", join(state, "operator.token")),
    proxies: read.number("LOGIN_PROXIES", 0, 0, 8),
    accessSeconds: read.number("LOGIN_ACCESS_SECONDS", 900, 10, DAY_SECONDS),
    refreshSeconds: read.number("LOGIN_REFRESH_SECONDS", 30 * DAY_SECONDS, 60, 400 * DAY_SECONDS),
    onlineMs: seconds("LOGIN_ONLINE_SECONDS", 120, DAY_SECONDS),
    addressPerMinute: read.number("LOGIN_ADDRESS_PER_MINUTE", 60, 0, 1_000_000),
    accountPerMinute: read.number("LOGIN_ACCOUNT_PER_MINUTE", 20, 0, 1_000_000),
    lockAfter: read.number("LOGIN_LOCK_AFTER", 10, 1, 1_000),
    hashesMax: read.number("LOGIN_HASHES", 2, 1, 64),
    hashesWaitingMax: read.number("LOGIN_HASHES_WAITING", 100, 0, 10_000),
    drainMs: seconds("LOGIN_DRAIN_SECONDS", 0, 600),
    logLevel: read.oneOf("LOGIN_LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  };
}
