import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** A reader who was sent something so short ago gets the next piece when this is over: pieces cost more than lines. */
const PIECE_EVERY_MS = 5;
/** A piece that is as long as this does not wait. */
const PIECE_CHARS_MAX: number = 64 * 1024;

/**
 * Lines of a long answer. What is written in one turn of the loop goes out in one piece, at once after a pause and
 * every few milliseconds without one; a reader who does not keep up is cut off, so that it costs a bounded amount of
 * memory and knows that it must resume.
 */
export class LineWriter implements Disposable {
  readonly #raw: ServerResponse;
  readonly #bufferBytesMax: number;
  readonly #closed = new AbortController();
  #pending = "";
  #isFlushing = false;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(raw: ServerResponse, options: { readonly bufferBytesMax: number }) {
    this.#raw = raw;
    this.#bufferBytesMax = options.bufferBytesMax;
    raw.once("close", () => this.#closed.abort());
    raw.on("error", () => this[Symbol.dispose]());
    if (raw.destroyed) this.#closed.abort();
  }

  /** Aborted when the reader is gone or was cut off. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Takes whole lines; never waits. */
  write(lines: string): void {
    if (this.closed.aborted) return;
    this.#pending += lines;
    if (this.#pending.length > PIECE_CHARS_MAX) this.#flush();
    else if (!this.#isFlushing) this.#flushSoon();
  }

  /** Resolves when the reader has taken what was written, or is gone. */
  async drained(): Promise<void> {
    this.#flush();
    if (this.#raw.writableNeedDrain)
      await once(this.#raw, "drain", { signal: this.closed }).catch(() => undefined);
  }

  /** Ends the answer in good order. */
  end(): void {
    this.#flush();
    this.#raw.end();
  }

  /** Cuts the connection. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#pending = "";
    this.#raw.destroy();
  }

  #flushSoon(): void {
    this.#isFlushing = true;
    const waitMs = this.#flushedAt + PIECE_EVERY_MS - performance.now();
    if (waitMs > 0) setTimeout(() => this.#flush(), waitMs);
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#pending === "" || this.closed.aborted) return;
    const text = this.#pending;
    this.#pending = "";
    this.#flushedAt = performance.now();
    this.#raw.write(text);
    if (this.#raw.writableLength > this.#bufferBytesMax) this[Symbol.dispose]();
  }
}
