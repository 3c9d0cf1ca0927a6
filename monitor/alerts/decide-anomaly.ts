/** What a number was in the last minutes, as far as the container had about as much to do as now. */
export interface Baseline {
  readonly median: number;
  /** Of a normal distribution with that median absolute deviation, never less than the floor of its metric. */
  readonly sigma: number;
  /** The most and the least that it held for two seconds. */
  readonly high: number;
  readonly low: number;
  readonly points: number;
}

export interface AnomalyMetric {
  /** Differences under this mean nothing; in the unit of the metric. */
  readonly floor: number;
  /** More is a danger, or less is. */
  readonly direction: "up" | "down";
}

/** Fewer known points are no past to compare with. */
export const HISTORY_POINTS = 300;
/** So many points one after the other make an anomaly. */
export const STREAK_POINTS = 8;
/** The newest points are not yet past: what has just begun must not become normal by itself. */
export const NEWEST_POINTS = 30;
const SCORE_MIN = 8;
/** Beyond what was ever held by this share. */
const MARGIN = 0.3;
const MAD_TO_SIGMA = 1.4826;

/** The baseline of `values`, oldest first; undefined when too few of them are known. `loads` are the players of the same seconds. Pure. */
export function baselineOf(
  values: ArrayLike<number>,
  loads: ArrayLike<number>,
  load: number,
  { floor }: AnomalyMetric,
): Baseline | undefined {
  const known: number[] = [];
  let high = Number.NEGATIVE_INFINITY;
  let low = Number.POSITIVE_INFINITY;
  let last: number | undefined;
  const end = values.length - NEWEST_POINTS;
  for (let i = 0; i < end; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value) || !isLikeLoad(loads[i] ?? Number.NaN, load)) {
      last = undefined;
      continue;
    }
    known.push(value);
    // Two points in a row: a single one is noise, or a measurement that came late.
    if (last !== undefined) {
      high = Math.max(high, Math.min(last, value));
      low = Math.min(low, Math.max(last, value));
    }
    last = value;
  }
  if (known.length < HISTORY_POINTS || high < low) return undefined;
  const median = medianOf(known);
  const deviation = medianOf(known.map((value) => Math.abs(value - median)));
  const sigma = Math.max(deviation * MAD_TO_SIGMA, floor / SCORE_MIN);
  return { median, sigma, high, low, points: known.length };
}

/** How many sigmas a value is beyond the median and also beyond what was ever held; 0 when it is not. Pure. */
export function scoreOf(
  { median, sigma, high, low }: Baseline,
  value: number,
  { floor, direction }: AnomalyMetric,
): number {
  if (!Number.isFinite(value)) return 0;
  const score = (direction === "up" ? value - median : median - value) / sigma;
  const isBeyond =
    direction === "up"
      ? value >= high + Math.max(floor, MARGIN * Math.abs(high))
      : value <= low - Math.max(floor, MARGIN * Math.abs(low));
  return score >= SCORE_MIN && isBeyond ? score : 0;
}

/** True when it had about as much to do. Unknown players count as none. Pure. */
export function isLikeLoad(then: number, now: number): boolean {
  const [a, b] = [Number.isFinite(then) ? then : 0, Number.isFinite(now) ? now : 0];
  return Math.abs(a - b) <= Math.max(1, 0.25 * b);
}

function medianOf(numbers: readonly number[]): number {
  const sorted = Float64Array.from(numbers).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
