/**
 * The times of the last seconds and quarter minutes, shared by all series: one point is made per tick, so that a point's
 * tick says its time, also when the process was held up and a second is missing.
 */
export class TickTimes {
  readonly #fine: Float64Array;
  readonly #coarse: Float64Array;
  readonly #coarseTicks: number;
  /** Counts from 1. */
  tick = 0;

  constructor(finePoints: number, coarsePoints: number, coarseTicks: number) {
    this.#fine = new Float64Array(finePoints);
    this.#coarse = new Float64Array(coarsePoints);
    this.#coarseTicks = coarseTicks;
  }

  /** True when this tick ends a quarter minute. */
  push(atMs: number): boolean {
    this.tick += 1;
    this.#fine[this.tick % this.#fine.length] = atMs;
    const isQuarter = this.tick % this.#coarseTicks === 0;
    const quarter = Math.floor(this.tick / this.#coarseTicks);
    if (isQuarter) this.#coarse[quarter % this.#coarse.length] = atMs;
    return isQuarter;
  }

  /** Times of the `points` points that end with `lastTick`, oldest first. */
  of(step: 1 | 15, lastTick: number, points: number): number[] {
    const ring = step === 1 ? this.#fine : this.#coarse;
    const last = step === 1 ? lastTick : Math.floor(lastTick / this.#coarseTicks);
    return Array.from({ length: points }, (_, i) => {
      const at = last - points + 1 + i;
      return at < 1 ? 0 : (ring[at % ring.length] ?? 0);
    });
  }
}
