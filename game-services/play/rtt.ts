/** Round-trip times in milliseconds, bounded: over the bound every second one is forgotten. */
export class Rtts {
  readonly #max: number;
  #values: number[] = [];
  #count = 0;
  #stride = 1;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    this.#count += 1;
    if (this.#count % this.#stride !== 0) return;
    this.#values.push(ms);
    if (this.#values.length < this.#max) return;
    this.#values = this.#values.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** `quantile(0.99)` of what was kept; NaN without any. */
  quantile(part: number): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  }
}
