import { setTimeout as sleep } from "node:timers/promises";
import type { LoadPlatform } from "../platform/load-platform.ts";
import type { SeatedPlayers } from "../swarm/seated/seated-players.ts";
import type { AllocationProbe } from "./allocation-probe.ts";
import type { PlatformParts } from "./platform-parts.ts";

/** What faults strike. */
export interface FaultWorld {
  readonly platform: LoadPlatform;
  readonly parts: PlatformParts;
  readonly players: SeatedPlayers;
  readonly playersWanted: number;
  readonly probe: AllocationProbe;
  readonly signal: AbortSignal;
}
export interface Struck {
  /** Resolves when what was struck works again. */
  readonly back: Promise<void>;
  /** The game server whose players may notice it. */
  readonly gameServer?: string;
  /** Ends what was made for the fault. */
  readonly over?: () => void;
}
export interface Fault {
  readonly what: string;
  readonly about?: string;
  readonly strike: (world: FaultWorld) => Promise<Struck>;
}

const LOOK_EVERY_MS = 20;
const BACK_WITHIN_MS = 60_000;

/** Looks again and again; throws with a sentence when it does not come. */
export async function untilSo(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  for (const until = performance.now() + BACK_WITHIN_MS; ; ) {
    if (await isSo()) return;
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}
