import type { ServerResponse } from "node:http";

/**
 * Bytes that may wait for a reader; with more it is behind, and is told the newest state when it has caught up. One change of
 * 5,000 servers is 1.3 MB, and the same bytes wait for all that are slow.
 */
const BEHIND_BYTES = 2 * 1024 * 1024;
/** Who takes nothing for so long is cut off. */
const STUCK_MS = 30_000;
const ALIVE_EVERY_MS = 15_000;

/** One page's stream of server-sent events. */
export class SseWriter implements Disposable {
  readonly #raw: ServerResponse;
  readonly #closed = new AbortController();
  readonly #alive: NodeJS.Timeout;
  #behindSince = 0;

  /** `onCaughtUp` is called when a reader that was behind has taken everything. */
  constructor(raw: ServerResponse, onCaughtUp: () => void) {
    this.#raw = raw;
    raw.once("close", () => this.#end());
    raw.on("error", () => this[Symbol.dispose]());
    raw.on("drain", () => {
      if (this.#behindSince === 0) return;
      this.#behindSince = 0;
      onCaughtUp();
    });
    this.#alive = setInterval(() => this.#stayAlive(), ALIVE_EVERY_MS);
    if (raw.destroyed) this.#end();
  }

  /** Aborted when the reader is gone or was cut off. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** False when the reader is behind: then nothing was written. */
  write(message: Buffer): boolean {
    if (this.closed.aborted) return true;
    if (this.#behindSince > 0) return false;
    this.#raw.write(message);
    if (this.#raw.writableLength > BEHIND_BYTES) this.#behindSince = performance.now();
    return true;
  }

  /** Ends the answer in good order. */
  end(): void {
    this.#raw.end();
  }

  /** Cuts the connection. */
  [Symbol.dispose](): void {
    this.#end();
    this.#raw.destroy();
  }

  /** A comment now and then: proxies and readers see that the stream lives. */
  #stayAlive(): void {
    if (this.#behindSince > 0 && performance.now() - this.#behindSince > STUCK_MS)
      this[Symbol.dispose]();
    else this.write(ALIVE);
  }

  #end(): void {
    clearInterval(this.#alive);
    this.#closed.abort();
  }
}

const ALIVE = Buffer.from(": alive\n\n");

/** One event as it goes over the wire: made once for all that follow. */
export function sseMessage(event: string, data: unknown): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
