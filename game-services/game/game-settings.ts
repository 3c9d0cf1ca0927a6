/** What to do when the last player of an allocated game has left: nothing, be Ready again, or end. */
export type Reuse = "stay" | "ready" | "shutdown";
export type Environment = Readonly<Record<string, string | undefined>>;

/** What every game is told by its environment. */
export interface GameSettings {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly reuse: Reuse;
  /** How long nobody must be there before `reuse`. */
  readonly emptyMs: number;
  /** False when no platform started this process: it runs alone. */
  readonly hasSdk: boolean;
}

/** Reads the environment, the game's own variables by their prefix; throws with a sentence when a value makes no sense. */
export function gameSettingsOf(env: Environment, prefix: string): GameSettings {
  const reuse = env[`${prefix}_REUSE`] ?? "stay";
  if (reuse !== "stay" && reuse !== "ready" && reuse !== "shutdown")
    throw new Error(`${prefix}_REUSE is stay, ready or shutdown, found "${reuse}"`);
  return {
    host: env[`${prefix}_HOST`] ?? "0.0.0.0",
    webSocketPort: numberOf(env, "FLOTILLA_PORT_GAME", 7654, 65_535),
    udpPort: numberOf(env, "FLOTILLA_PORT_UDP", 7655, 65_535),
    reuse,
    emptyMs: numberOf(env, `${prefix}_EMPTY_SECONDS`, 10, 86_400) * 1000,
    hasSdk: env.AGONES_SDK_GRPC_PORT !== undefined,
  };
}

/** A whole number from 0 to `max`. */
export function numberOf(env: Environment, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new Error(`${name} is a whole number from 0 to ${max}, found "${text}"`);
}
