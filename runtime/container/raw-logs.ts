import { readFileSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../core/std/json.ts";
import type { LogLine } from "./driver.ts";
import { LOG_LINE_BYTES_MAX } from "./log-line.ts";
import { LogWriter } from "./log-writer.ts";

export interface RawLogsOptions {
  /** Where the game's own `stdout` and `stderr` files are. */
  readonly rawFolder: string;
  /** Where stamped lines go. */
  readonly logFolder: string;
  readonly logBytesMax: number;
  /** A raw file that is longer than this is started over when all of it was read. */
  readonly rawBytesMax: number;
  readonly now: () => number;
}

const STREAMS = ["stdout", "stderr"] as const;
type Stream = (typeof STREAMS)[number];
const READ_MAX = 1024 * 1024;

/**
 * A game without an init beside it appends to plain files, so that it needs nobody alive. This brings what it wrote into
 * the log: stamped with the time of reading, bounded, and when it writes faster than is read, counted and left out.
 */
export class RawLogs implements Disposable {
  readonly #options: RawLogsOptions;
  readonly #writer: LogWriter;
  readonly #offsets: Record<Stream, number>;

  constructor(options: RawLogsOptions) {
    this.#options = options;
    this.#writer = new LogWriter(options.logFolder, options.logBytesMax);
    this.#offsets = readOffsets(this.#offsetFile());
  }

  /** Takes what is new; with `last`, an unfinished line as well. */
  async pump(last: boolean): Promise<void> {
    let moved = 0;
    for (const stream of STREAMS) moved += await this.#pump(stream, last);
    if (moved > 0) writeFileSync(this.#offsetFile(), JSON.stringify(this.#offsets));
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }

  async #pump(stream: Stream, last: boolean): Promise<number> {
    const file = await open(join(this.#options.rawFolder, stream), "r+").catch(() => undefined);
    if (file === undefined) return 0;
    await using handle = file;
    const before = this.#offsets[stream];
    for (let more = true; more; ) more = (await this.#readOnce(handle, stream, last)) && last;
    return this.#offsets[stream] === before ? 0 : 1;
  }

  /** True when there may be more to read at once. */
  async #readOnce(handle: FileHandle, stream: Stream, last: boolean): Promise<boolean> {
    const { rawBytesMax } = this.#options;
    const { size } = await handle.stat();
    if (size < this.#offsets[stream]) this.#offsets[stream] = 0;
    const behind = size - this.#offsets[stream];
    if (behind === 0) return false;
    if (behind > rawBytesMax) {
      this.#say(
        "system",
        `dropped ${behind} bytes of ${stream}, written faster than they are kept`,
        "F",
      );
      await this.#startOver(handle, stream);
      return false;
    }
    const length = Math.min(behind, READ_MAX);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, this.#offsets[stream]);
    const used = this.#take(stream, buffer, last && length === behind);
    this.#offsets[stream] += used;
    if (this.#offsets[stream] === size && size > rawBytesMax / 2)
      await this.#startOver(handle, stream);
    return used > 0;
  }

  /** What the game appends between the look at the size and this cut is lost; it is a moment once in megabytes. */
  async #startOver(handle: FileHandle, stream: Stream): Promise<void> {
    await handle.truncate(0);
    this.#offsets[stream] = 0;
  }

  /** Writes the whole lines of `bytes`, and a line without end when it is too long or the last; says how much it took. */
  #take(stream: Stream, bytes: Buffer, last: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      const newline = bytes.indexOf(10, at);
      const end = newline < 0 ? bytes.length : newline;
      if (end - at > LOG_LINE_BYTES_MAX) {
        this.#say(stream, bytes.toString("utf8", at, at + LOG_LINE_BYTES_MAX), "P");
        at += LOG_LINE_BYTES_MAX;
        continue;
      }
      if (newline < 0 && !last) break;
      this.#say(stream, bytes.toString("utf8", at, end), "F");
      at = newline < 0 ? end : newline + 1;
    }
    return at;
  }

  #say(stream: LogLine["stream"], text: string, kind: "F" | "P"): void {
    this.#writer.write({ at: this.#options.now(), stream, text }, kind);
  }

  #offsetFile(): string {
    return join(this.#options.rawFolder, "offsets.json");
  }
}

/** Without them (or torn) the files are read once more from their beginning: twice is better than never. */
function readOffsets(path: string): Record<Stream, number> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(value)) return { stdout: Number(value.stdout), stderr: Number(value.stderr) };
  } catch {
    return { stdout: 0, stderr: 0 };
  }
  return { stdout: 0, stderr: 0 };
}
