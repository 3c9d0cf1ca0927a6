import type { Clock } from "../../core/std/clock.ts";

/** What changes alone is told nearly at once… */
const SOON_MS = 50;
/** …and what changes all the time this often. */
const EVERY_MS = 500;

/** Calls `flush` after changes, so often at most. */
export class Coalescer implements Disposable {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Something changed. */
  touch(): void {
    if (this.#timer) return;
    const waitMs = Math.max(SOON_MS, this.#flushedAt + EVERY_MS - this.#clock.monotonic());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flushedAt = this.#clock.monotonic();
      this.#flush();
    }, waitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
