import { existsSync } from "node:fs";
import type { Clock } from "../../core/std/clock.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { lockFolder } from "../../store/journal/lock.ts";

export interface LockSoonOptions {
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly pauseMs: number;
  /** When it resolves, the lock is not wanted any more. */
  readonly ending: Promise<unknown>;
}

/**
 * Takes a folder whose holder may be on its way out: the parts of an `up` that was killed end by themselves, which takes
 * them a moment. Undefined when `ending` came first; FAILED_PRECONDITION when patience ends.
 */
export async function lockSoon(
  folder: string,
  { clock, patienceMs, pauseMs, ending }: LockSoonOptions,
): Promise<Disposable | undefined> {
  const over = new AbortController();
  void ending.then(() => over.abort());
  const until = clock.monotonic() + patienceMs;
  // An end that has been told already is heard of before anything is taken.
  await Promise.resolve();
  while (!over.signal.aborted) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (!isInUse(error) || clock.monotonic() > until) throw error;
      await clock.sleep(pauseMs, over.signal).catch(() => undefined);
    }
  }
  return undefined;
}

/** True for what a second `up` on one state folder gets. */
export function isInUse(error: unknown): error is Error & { details: { pid?: number } } {
  return isFleetError(error, "FAILED_PRECONDITION") && "pid" in error.details;
}

/** Who takes a folder writes its number within a moment. */
const LOOKS_MAX = 100;
const LOOK_MS = 10;

/** The process that has a state folder; undefined when nobody has, or there is none. Waits for one that is just taking it. */
export function holderOf(state: string): number | undefined {
  if (!existsSync(state)) return undefined;
  for (let look = 1; ; look++) {
    try {
      lockFolder(state)[Symbol.dispose]();
      return undefined;
    } catch (error) {
      if (isInUse(error) && error.details.pid) return error.details.pid;
      if (!isInUse(error) || look === LOOKS_MAX) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}
