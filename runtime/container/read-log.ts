import type { Clock } from "../../core/std/clock.ts";
import type { LogLine, LogOptions } from "./driver.ts";
import { LogCursor } from "./log-cursor.ts";

export interface ReadLogOptions extends LogOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly pollMs: number;
  /** True when nothing will be written any more: a follower then ends behind the last line. */
  readonly isOver: () => boolean;
}

/** A container's log out of its two files, for every driver. */
export async function* readLog(options: ReadLogOptions): AsyncGenerator<LogLine> {
  const { folder, follow, tail, signal, clock, pollMs, isOver } = options;
  const cursor = new LogCursor(folder);
  const kept = await cursor.take();
  yield* tail === undefined ? kept : kept.slice(Math.max(0, kept.length - tail));
  while (follow && !signal.aborted) {
    const last = isOver();
    const lines = await cursor.take();
    yield* lines;
    if (last) return;
    if (lines.length === 0) await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}
