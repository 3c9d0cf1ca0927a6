import type { SecondDone } from "./generator/merge.ts";
import type { BackingName } from "./platform/backing.ts";
import type { GamePart, PartChanges } from "./platform/game-folder.ts";
import type { LoadPlatform } from "./platform/load-platform.ts";
import type { Load, ProfileName } from "./profiles.ts";
import type { RunResult } from "./report/run-result.ts";

/** Where a run tells how it goes. */
export interface Progress {
  say(text: string): void;
  /** One second of the generators. */
  second(done: SecondDone): void;
}

/** Something to load a platform with. */
export interface Scenario {
  /** What it does, in one line. */
  readonly about: string;
  /** Parts of examples/game that it needs. */
  readonly parts: readonly GamePart[];
  /** What these lean on for it, in a profile, where this machine has it. */
  readonly backings?: Readonly<Record<ProfileName, readonly BackingName[]>>;
  /** What of these is other than the example's. */
  readonly changes?: PartChanges;
  /** Image files that it needs, from the project's root. */
  readonly images: readonly string[];
  /** Its Flotilla has a disk of so many MiB to itself; the machine's without it. */
  readonly diskMiB?: number;
  /** What it saw; what all runs have in common is added by who asked. */
  run(
    platform: LoadPlatform,
    load: Load,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Partial<RunResult>>;
}
