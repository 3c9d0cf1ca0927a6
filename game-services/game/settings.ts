import type { TokensWanted } from "./entrance.ts";

/** What to do when the last player of an allocated game has left: nothing, be Ready again, or end. */
export type Reuse = "stay" | "ready" | "shutdown";

export interface Settings {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly reuse: Reuse;
  /** How long nobody must be there before `reuse`. */
  readonly emptyMs: number;
  /** Whether players need a join token. Rooms of the platform let in nobody without one, whatever this says. */
  readonly tokensWanted: TokensWanted;
  /** False when no platform started this process: it runs alone. */
  readonly hasSdk: boolean;
}

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Readonly<Record<string, string | undefined>>): Settings {
  const reuse = env.ARENA_REUSE ?? "stay";
  if (reuse !== "stay" && reuse !== "ready" && reuse !== "shutdown")
    throw new Error(`ARENA_REUSE is stay, ready or shutdown, found "${reuse}"`);
  const tokensWanted = env.ARENA_TOKENS ?? "optional";
  if (tokensWanted !== "optional" && tokensWanted !== "required")
    throw new Error(`ARENA_TOKENS is optional or required, found "${tokensWanted}"`);
  const hasSdk = env.AGONES_SDK_GRPC_PORT !== undefined;
  if (tokensWanted === "required" && !hasSdk)
    throw new Error(
      "ARENA_TOKENS is required, but no platform is here whose tokens these would be",
    );
  return {
    host: env.ARENA_HOST ?? "0.0.0.0",
    webSocketPort: numberOf(env, "FLOTILLA_PORT_GAME", 7654, 65_535),
    udpPort: numberOf(env, "FLOTILLA_PORT_UDP", 7655, 65_535),
    reuse,
    emptyMs: numberOf(env, "ARENA_EMPTY_SECONDS", 10, 86_400) * 1000,
    tokensWanted,
    hasSdk,
  };
}

function numberOf(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  max: number,
): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new Error(`${name} is a whole number from 0 to ${max}, found "${text}"`);
}
