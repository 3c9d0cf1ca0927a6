import { constants } from "node:os";
import type { ExitStatus } from "./driver.ts";

/** `SIGKILL` for 9; the number itself where this machine has no name for it. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? String(number);
}

/**
 * One line: `exit CODE` or `signal NUMBER`, with the time in milliseconds behind it where its writer knows it.
 * Undefined while the line is not there as a whole.
 */
export function parseExitFile(
  text: string,
  writtenAt: number,
  oomKilled: boolean,
): ExitStatus | undefined {
  const [, word, number, ms] = /^(exit|signal) (\d+)(?: (\d+))?\n/.exec(text) ?? [];
  if (word === undefined) return undefined;
  const finishedAt = ms === undefined ? writtenAt : Number(ms);
  return word === "exit"
    ? { exitCode: Number(number), oomKilled, finishedAt }
    : { signal: signalName(Number(number)), oomKilled, finishedAt };
}
