import type { MetricName } from "../../core/model/samples.ts";
import { Ring } from "./ring.ts";
import type { RingMemory } from "./ring-memory.ts";

/** One point a second for 15 minutes, one each 15 seconds for 24 hours. */
export const FINE_POINTS = 900;
export const COARSE_POINTS = 5_760;
export const COARSE_SECONDS = 15;
const FINE_CHUNK = 60;
const COARSE_CHUNK = 120;

/** Of 15 s the highest is told: what matters of these is the peak. All others are means. */
const PEAKS: ReadonlySet<MetricName> = new Set<MetricName>([
  ...(["memory", "pids", "allocationP99", "storeP99", "loopLag", "waiting"] as const),
]);

export interface SeriesShape {
  readonly metrics: readonly MetricName[];
  /** Those that are kept for a day. */
  readonly coarse: readonly MetricName[];
  readonly isExact: boolean;
}
export interface SeriesMemory {
  readonly fine: RingMemory;
  readonly coarse: RingMemory;
}
/** Points of one number and how many seconds lie between two. */
export interface Points {
  readonly values: Float64Array;
  readonly step: 1 | 15;
}

/** All numbers of one subject: now, each second, and each quarter of a minute. */
export class Series implements Disposable {
  readonly shape: SeriesShape;
  /** Of the last second, by `shape.metrics`. */
  readonly latest: Float64Array;
  readonly #fine: Ring;
  readonly #coarse: Ring;
  readonly #sums: Float64Array;
  readonly #counts: Uint8Array;
  readonly #coarsePoint: Float64Array;
  readonly #places: readonly number[];
  readonly #isPeak: readonly boolean[];

  constructor(shape: SeriesShape, memory: SeriesMemory) {
    const { metrics, coarse, isExact } = shape;
    this.shape = shape;
    this.latest = new Float64Array(metrics.length).fill(Number.NaN);
    const fine = { width: metrics.length, pointsMax: FINE_POINTS, chunkPoints: FINE_CHUNK };
    const long = { width: coarse.length, pointsMax: COARSE_POINTS, chunkPoints: COARSE_CHUNK };
    this.#fine = new Ring({ ...fine, isExact }, memory.fine);
    this.#coarse = new Ring({ ...long, isExact }, memory.coarse);
    this.#sums = new Float64Array(coarse.length);
    this.#counts = new Uint8Array(coarse.length);
    this.#coarsePoint = new Float64Array(coarse.length);
    this.#places = coarse.map((name) => metrics.indexOf(name));
    this.#isPeak = coarse.map((name) => PEAKS.has(name));
  }

  at(metric: MetricName): number {
    return this.latest[this.shape.metrics.indexOf(metric)] ?? Number.NaN;
  }

  /** Makes a point of `latest`; with the last second of a quarter minute also one of that. */
  push(isQuarter: boolean): void {
    this.#fine.push(this.latest);
    for (let i = 0; i < this.#places.length; i++)
      this.#add(i, this.latest[this.#places[i] ?? 0] ?? Number.NaN);
    if (!isQuarter) return;
    for (let i = 0; i < this.#places.length; i++) {
      const count = this.#counts[i] ?? 0;
      const sum = this.#sums[i] ?? 0;
      const value = this.#isPeak[i] ? sum : sum / count;
      this.#coarsePoint[i] = count === 0 ? Number.NaN : value;
    }
    this.#coarse.push(this.#coarsePoint);
    this.#sums.fill(0);
    this.#counts.fill(0);
  }

  /** Empty when this is not kept so. */
  recent(metric: MetricName, step: 1 | 15, points: number): Float64Array {
    const names = step === 1 ? this.shape.metrics : this.shape.coarse;
    const place = names.indexOf(metric);
    const ring = step === 1 ? this.#fine : this.#coarse;
    return place < 0 ? NONE : ring.column(place, points);
  }

  [Symbol.dispose](): void {
    this.#fine[Symbol.dispose]();
    this.#coarse[Symbol.dispose]();
  }

  #add(i: number, value: number): void {
    if (Number.isNaN(value)) return;
    const sum = this.#sums[i] ?? 0;
    this.#sums[i] = this.#isPeak[i] ? Math.max(sum, value) : sum + value;
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
  }
}
const NONE: Float64Array = new Float64Array(0);
