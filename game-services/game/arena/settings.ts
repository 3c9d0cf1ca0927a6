import type { TokensWanted } from "../entrance.ts";
import { type Environment, type GameSettings, gameSettingsOf } from "../game-settings.ts";

export interface Settings extends GameSettings {
  /** Whether players need a join token. Rooms of the platform let in nobody without one, whatever this says. */
  readonly tokensWanted: TokensWanted;
}

/** Reads the environment; throws with a sentence when a value makes no sense. */
export function settingsOf(env: Environment): Settings {
  const settings = gameSettingsOf(env, "ARENA");
  const tokensWanted = env.ARENA_TOKENS ?? "optional";
  if (tokensWanted !== "optional" && tokensWanted !== "required")
    throw new Error(`ARENA_TOKENS is optional or required, found "${tokensWanted}"`);
  if (tokensWanted === "required" && !settings.hasSdk)
    throw new Error(
      "ARENA_TOKENS is required, but no platform is here whose tokens these would be",
    );
  return { ...settings, tokensWanted };
}
