import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";

/**
 * How far an `up` has come: `starting` until its server answers (nobody has written anything yet), `serving` until its
 * node is ready and its files are applied, then `ready`; `failed` with a cause when it ended over its start.
 */
export type UpStage = "starting" | "serving" | "ready" | "failed";

/** What an `up` tells of itself, for `flotilla upgrade`. */
export interface UpRecord {
  readonly pid: number;
  readonly version: string;
  readonly stage: UpStage;
  readonly cause: string;
  /** Whoever started it starts it again when it ends: systemd. */
  readonly isSupervised: boolean;
  /** How it was called, without files to apply. */
  readonly words: readonly string[];
}

const fileOf = (state: string): string => join(state, "run", "up.json");

export async function writeUpRecord(state: string, record: UpRecord): Promise<void> {
  await replaceFile(fileOf(state), 0o600, `${JSON.stringify(record)}\n`);
}

/** The record of the `up` that runs, or ran last; undefined when there was none. */
export function readUpRecord(state: string): UpRecord | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(fileOf(state), "utf8"));
    return isObject(read) && typeof read.pid === "number"
      ? (read as unknown as UpRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
