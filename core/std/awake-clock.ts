/**
 * Time in which this process was awake, in milliseconds since it was made. `advance` is called on every tick; when a
 * tick comes more than `stallMs` after the one before (the process was stopped, or its machine was suspended or
 * overloaded), pings could not be read meanwhile, so that time does not count.
 */
export class AwakeClock {
  readonly #stallMs: number;
  #tickedAt: number;
  #awakeMs = 0;
  #stalledMs = 0;

  constructor(options: { readonly monotonicMs: number; readonly stallMs: number }) {
    this.#tickedAt = options.monotonicMs;
    this.#stallMs = options.stallMs;
  }

  /** All time that did not count. */
  get stalledMs(): number {
    return this.#stalledMs;
  }

  /** Moves on to `monotonicMs` and returns the time awake. */
  advance(monotonicMs: number): number {
    const gap = monotonicMs - this.#tickedAt;
    this.#tickedAt = monotonicMs;
    if (gap > this.#stallMs) this.#stalledMs += gap;
    else this.#awakeMs += gap;
    return this.#awakeMs;
  }

  /** The time awake at `monotonicMs`, between two ticks. */
  read(monotonicMs: number): number {
    return this.#awakeMs + Math.min(monotonicMs - this.#tickedAt, this.#stallMs);
  }
}
