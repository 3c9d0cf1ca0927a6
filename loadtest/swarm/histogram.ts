/** A bucket is a sixteenth of a doubling wide, so that a figure is at most 4.5 % too high. */
const PER_DOUBLING = 16;
const LOWEST_MS = 0.01;
/** Up to some ten minutes. */
const BUCKETS = 16 * 26;

/** Durations in milliseconds as counts per bucket: small, bounded, and what several processes saw can be added up. */
export class Histogram {
  readonly counts: Uint32Array;

  constructor(counts: ArrayLike<number> = []) {
    this.counts = new Uint32Array(BUCKETS);
    this.counts.set(Array.from(counts).slice(0, BUCKETS));
  }

  get count(): number {
    return this.counts.reduce((sum, one) => sum + one, 0);
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(ms, LOWEST_MS) / LOWEST_MS) * PER_DOUBLING);
    const at = Math.min(BUCKETS - 1, Math.max(0, bucket));
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  merge(other: Histogram): void {
    other.counts.forEach((count, at) => {
      this.counts[at] = (this.counts[at] ?? 0) + count;
    });
  }

  /** `quantile(0.99)`, as the upper edge of its bucket; null without any. */
  quantile(part: number): number | null {
    const wanted = Math.max(1, Math.ceil(this.count * part));
    let sum = 0;
    for (const [at, count] of this.counts.entries()) {
      sum += count;
      if (sum >= wanted) return Math.round(LOWEST_MS * 2 ** (at / PER_DOUBLING) * 1000) / 1000;
    }
    return null;
  }
}
