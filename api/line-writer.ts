import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Pieces cost more than lines: a reader gets one in this time in the long run… */
const PIECE_EVERY_MS = 5;
/** …and so many at once after a pause: the few writes that start one container do not wait for each other. */
const PIECES_AT_ONCE = 8;
/** A piece that is as long as this does not wait. */
const PIECE_CHARS_MAX: number = 64 * 1024;

/**
 * Lines of a long answer. What is written in one turn of the loop goes out in one piece, at once after a pause and
 * every few milliseconds when there is much; a reader who does not keep up is cut off, so that it costs a bounded amount of
 * memory and knows that it must resume.
 */
export class LineWriter implements Disposable {
  readonly #raw: ServerResponse;
  readonly #bufferBytesMax: number;
  readonly #closed = new AbortController();
  #pending = "";
  #isFlushing = false;
  /** Pieces that may go at once, as of `#creditAt`. */
  #credit = PIECES_AT_ONCE;
  #creditAt = performance.now();

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
    const waitMs = (1 - this.#creditNow()) * PIECE_EVERY_MS;
    if (waitMs > 0) setTimeout(() => this.#flush(), waitMs);
    else setImmediate(() => this.#flush());
  }

  #creditNow(): number {
    const now = performance.now();
    const earned = (now - this.#creditAt) / PIECE_EVERY_MS;
    this.#creditAt = now;
    this.#credit = Math.min(PIECES_AT_ONCE, this.#credit + earned);
    return this.#credit;
  }

  #flush(): void {
    this.#isFlushing = false;
    if (this.#pending === "" || this.closed.aborted) return;
    const text = this.#pending;
    this.#pending = "";
    // Long pieces do not wait, and so may overdraw a little.
    this.#credit = Math.max(0, this.#creditNow() - 1);
    this.#raw.write(text);
    if (this.#raw.writableLength > this.#bufferBytesMax) this[Symbol.dispose]();
  }
}
