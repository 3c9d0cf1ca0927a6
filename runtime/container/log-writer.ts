import { closeSync, ftruncateSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { LogLine } from "./driver.ts";
import { formatLogLine } from "./log-line.ts";

/** The two files of a container's log; when one is full, the other one starts over. */
export const LOG_FILES = ["log.0", "log.1"] as const;

/** Writes as a container's init does: the last `bytesMax` at least are always kept, twice that at most. */
export class LogWriter implements Disposable {
  readonly #files: readonly number[];
  readonly #bytesMax: number;
  #current: number;
  #size: number;
  #beganAt = 0;
  #lastAt = 0;

  /** Goes on behind what was written last. */
  constructor(folder: string, bytesMax: number) {
    const paths = LOG_FILES.map((name) => join(folder, name));
    this.#files = paths.map((path) => openSync(path, "a", 0o600));
    this.#bytesMax = bytesMax;
    const [first, second] = paths.map((path) => statSync(path));
    const isSecond = second && first && second.size > 0 && second.mtimeMs > first.mtimeMs;
    this.#current = isSecond ? 1 : 0;
    this.#size = (isSecond ? second : first)?.size ?? 0;
  }

  /**
   * Writes one line. Times never go back, and no two files begin at the same one: by their first lines a reader tells
   * which is the newer.
   */
  write(line: LogLine, kind: "F" | "P"): void {
    let at = Math.max(line.at, this.#lastAt);
    let bytes = Buffer.from(formatLogLine({ ...line, at }, kind));
    if (this.#size + bytes.length > this.#bytesMax && this.#size > 0) {
      at = Math.max(at, this.#beganAt + 1);
      bytes = Buffer.from(formatLogLine({ ...line, at }, kind));
      this.#turn(at);
    } else if (this.#size === 0) this.#beganAt = at;
    this.#lastAt = at;
    this.#size += writeSync(this.#files[this.#current] ?? -1, bytes);
  }

  #turn(at: number): void {
    this.#current = 1 - this.#current;
    this.#size = 0;
    this.#beganAt = at;
    ftruncateSync(this.#files[this.#current] ?? -1, 0);
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) closeSync(file);
  }
}
