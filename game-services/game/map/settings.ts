import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SettingsReader } from "../../service/settings.ts";
import type { TokensWanted } from "../entrance.ts";
import { type Environment, type GameSettings, gameSettingsOf, numberOf } from "../game-settings.ts";

export interface Settings extends GameSettings {
  readonly loginUrl: string;
  readonly roomUrl: string;
  /** The operator's token of the room service. Never shown. */
  readonly roomToken: string;
  /** Where several processes share their rooms. Never shown: it may hold a password. */
  readonly redisUrl: string | undefined;
  /** Where players who were let in by another of these processes reach this one: host and port. */
  readonly publicAddress: string;
  readonly ticksPerSecond: number;
  readonly metricsPort: number | undefined;
  /** `optional` without a platform only: then players say themselves which map they come to. */
  readonly tokensWanted: TokensWanted;
}

/**
 * What a game has that runs without a platform, on the machine of who works on it: beside services that run there, too, for
 * nobody else, open to who has logged in.
 */
export function aloneIn(env: Environment, uid: number | undefined): Environment {
  const state = new SettingsReader(env).stateFolder(uid);
  const token = join(state, "room", "operator.token");
  return { MAP_TOKENS: "optional", MAP_HOST: "127.0.0.1", ROOM_TOKEN_FILE: token, ...env };
}

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment): Settings {
  const ticksPerSecond = numberOf(env, "MAP_TICKS", 20, 60);
  if (ticksPerSecond === 0) throw new Error("MAP_TICKS is at least 1");
  const metricsPort = numberOf(env, "MAP_METRICS_PORT", 7656, 65_535);
  const settings = gameSettingsOf(env, "MAP");
  return {
    ...settings,
    loginUrl: urlOf(env, "LOGIN_URL", "http://127.0.0.1:8711"),
    roomUrl: urlOf(env, "ROOM_URL", "http://127.0.0.1:8713"),
    roomToken: tokenOf(env),
    ...sharingOf(env),
    ticksPerSecond,
    metricsPort: metricsPort === 0 ? undefined : metricsPort,
    tokensWanted: tokensWantedOf(env, settings),
  };
}

function tokensWantedOf({ MAP_TOKENS: text = "required" }: Environment, { hasSdk }: GameSettings) {
  if (text !== "optional" && text !== "required")
    throw new Error(`MAP_TOKENS is optional or required, found "${text}"`);
  if (text === "optional" && hasSdk)
    throw new Error(
      "MAP_TOKENS is optional without a platform only: here players have join tokens",
    );
  return text;
}

function sharingOf(env: Environment): Pick<Settings, "redisUrl" | "publicAddress"> {
  const { REDIS_URL: redisUrl, MAP_PUBLIC_ADDRESS: publicAddress = "" } = env;
  if (!redisUrl) return { redisUrl: undefined, publicAddress };
  if (!/^rediss?:$/.test(URL.parse(redisUrl)?.protocol ?? ""))
    throw new Error("REDIS_URL is a URL such as redis://127.0.0.1:6379/0");
  if (publicAddress === "")
    throw new Error("MAP_PUBLIC_ADDRESS says where players reach this process: REDIS_URL needs it");
  return { redisUrl, publicAddress };
}

function tokenOf(env: Environment): string {
  const { ROOM_TOKEN: token, ROOM_TOKEN_FILE: file } = env;
  const found = token || (file ? readToken(file) : "");
  if (found === "")
    throw new Error("ROOM_TOKEN, or ROOM_TOKEN_FILE, is the room service's operator token");
  return found;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new Error(
      `ROOM_TOKEN_FILE ${file} cannot be read; the room service makes it at its first start`,
    );
  }
}

function urlOf(env: Environment, name: string, fallback: string): string {
  const text = env[name] || fallback;
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new Error(`${name} is a URL such as ${fallback}, found "${text}"`);
}
