import { join } from "node:path";
import { type Environment, SettingsReader } from "../service/settings.ts";

/** The services behind the page, by the first part of the path under which the page finds them. */
export const SERVICES = ["login", "asset", "room"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** The folder of the built page. */
  readonly page: string;
  readonly services: Readonly<Record<ServiceName, URL>>;
  /** Where pages connect to game servers: a URL with `{host}` and `{port}`; empty means directly. */
  readonly gameEndpoint: string;
  /** What pages may connect to beside this service, as Content-Security-Policy has it. */
  readonly connectSources: string;
  readonly bodyBytesMax: number;
  readonly answerMs: number;
  readonly openMax: number;
  readonly tokenFile: string;
  readonly proxies: number;
  readonly drainMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const BUILT = join(import.meta.dirname, "..", "..", ".build", "meet", "page");
const MIB = 1_048_576;

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment, uid: number | undefined): Settings {
  const read = new SettingsReader(env);
  return {
    host: read.text("MEET_HOST", "127.0.0.1"),
    port: read.number("MEET_PORT", 8710, 0, 65_535),
    page: read.text("MEET_PAGE", BUILT),
    services: {
      login: serviceUrl(read, "LOGIN_URL", "http://127.0.0.1:8711"),
      asset: serviceUrl(read, "ASSET_URL", "http://127.0.0.1:8712"),
      room: serviceUrl(read, "ROOM_URL", "http://127.0.0.1:8713"),
    },
    gameEndpoint: gameEndpoint(read),
    connectSources: connectSources(read),
    bodyBytesMax: read.number("MEET_BODY_MIB", 8, 1, 1_024) * MIB,
    answerMs: read.number("MEET_ANSWER_SECONDS", 40, 1, 100) * 1_000,
    openMax: read.number("MEET_OPEN", 256, 1, 10_000),
    tokenFile: read.text("MEET_TOKEN_FILE", join(read.stateFolder(uid), "meet", "operator.token")),
    proxies: read.number("MEET_PROXIES", 0, 0, 8),
    drainMs: read.number("MEET_DRAIN_SECONDS", 0, 0, 600) * 1_000,
    logLevel: read.oneOf("MEET_LOG_LEVEL", "info", ["debug", "info", "warn", "error"]),
  };
}

function serviceUrl(read: SettingsReader, name: string, fallback: string): URL {
  const text = read.text(name, fallback);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isGood = url && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (isGood && url.username === "" && url.password === "") return url;
  throw new Error(`${name} is a URL such as ${fallback}, found "${text}"`);
}

function gameEndpoint(read: SettingsReader): string {
  const text = read.text("MEET_GAME_ENDPOINT", "");
  if (text === "" || /^wss?:\/\/[^\s"]*\{port\}[^\s"]*$/.test(text)) return text;
  throw new Error(
    `MEET_GAME_ENDPOINT is a URL such as wss://{host}/{port}, with {port} in it, found "${text}"`,
  );
}

/** Game servers may be anywhere, so anywhere is allowed unless told otherwise; scripts come from here only. */
function connectSources(read: SettingsReader): string {
  const text = read.text("MEET_CONNECT", "http: https: ws: wss:");
  if (/^[\w.:/*[\]-]+( [\w.:/*[\]-]+)*$/.test(text)) return text;
  throw new Error(`MEET_CONNECT is a list such as "ws://*.example.org:*", found "${text}"`);
}
