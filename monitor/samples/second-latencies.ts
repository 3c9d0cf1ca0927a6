const LEAST_MS = 0.01;
/** Twelve buckets double the time: a percentile is at most 6 % off. */
const PER_DOUBLING = 12;
const BUCKETS = 256;

/** How long things took in the second that runs; reading it begins the next. Adding one costs some nanoseconds. */
export class SecondLatencies {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  add(ms: number): void {
    const bucket = Math.round(Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS) * PER_DOUBLING);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#count += 1;
  }

  /** Milliseconds; NaN when nothing was added. */
  take(): { readonly count: number; readonly p50: number; readonly p99: number } {
    const taken = { count: this.#count, p50: this.#percentile(0.5), p99: this.#percentile(0.99) };
    this.#buckets.fill(0);
    this.#count = 0;
    return taken;
  }

  #percentile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.ceil(this.#count * share);
    let bucket = 0;
    for (; bucket < BUCKETS - 1; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) break;
    }
    return LEAST_MS * 2 ** (bucket / PER_DOUBLING);
  }
}
