import { FleetError } from "../../core/std/errors.ts";
import type { RunResult, Series, StepRecord } from "../report/run-result.ts";
import { errorsOf } from "../thresholds.ts";

/** A figure of a step on one side: its median, and from where to where it goes by itself. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}
export type Verdict = "lower" | "higher" | "no difference beyond noise" | "too few to tell";
export interface ComparedRow {
  readonly step: string;
  readonly what: "p50 ms" | "p99 ms" | "per second";
  readonly a: Spread;
  readonly b: Spread;
  /** b / a of the medians. */
  readonly ratio: number;
  /** How far the noisier side goes from end to end, in percent of its median. */
  readonly noisePercent: number;
  /** What B is. */
  readonly verdict: Verdict;
}
export interface Comparison {
  readonly runs: readonly [a: number, b: number];
  readonly errors: readonly [a: number, b: number];
  readonly rows: readonly ComparedRow[];
  /** What else differs: then the figures may differ for that. */
  readonly differs: readonly string[];
}

/** A run alone is cut into intervals of so many seconds, which stand for runs. */
const INTERVAL_SECONDS = 5;
/** Of more samples than this, the tenth at each end does not count. */
const SAMPLES_ALL_COUNT = 7;
/** From fewer nobody knows how much they differ by themselves. */
const SAMPLES_MIN = 3;

/** Sets two sides beside each other, each of one run or several of the same scenario and profile. Pure. */
export function compareRuns(a: readonly RunResult[], b: readonly RunResult[]): Comparison {
  const [one, other] = [a[0], b[0]];
  if (!one || !other) throw new FleetError("INVALID", "nothing to compare");
  if (one.name !== other.name || one.profile !== other.profile)
    throw new FleetError(
      "INVALID",
      `${one.name} --profile ${one.profile} and ${other.name} --profile ${other.profile} are not the same`,
    );
  const names = Object.keys(one.steps).filter((name) => name in other.steps);
  const rows = names.flatMap((step) =>
    MEASURES.flatMap(({ what, ofRun, series }) => {
      const left = samplesOf(a, step, ofRun, series);
      const right = samplesOf(b, step, ofRun, series);
      return left.length === 0 || right.length === 0 ? [] : [rowOf(step, what, left, right)];
    }),
  );
  return {
    runs: [a.length, b.length],
    errors: [errorsIn(a), errorsIn(b)],
    rows,
    differs: [...mixedIn("A", a), ...mixedIn("B", b), ...differences(one, other)],
  };
}

interface Measure {
  readonly what: ComparedRow["what"];
  readonly ofRun: (step: StepRecord, run: RunResult) => number | undefined;
  readonly series: (step: StepRecord) => Series;
}
const MEASURES: readonly Measure[] = [
  { what: "p50 ms", ofRun: ({ all }) => all?.p50, series: ({ p50Ms }) => p50Ms },
  { what: "p99 ms", ofRun: ({ all }) => all?.p99, series: ({ p99Ms }) => p99Ms },
  {
    what: "per second",
    ofRun: ({ count }, { seconds }) => count / Math.max(1, seconds),
    series: ({ perSecond }) => perSecond,
  },
];

/** One number of each run; of a single run, one of each interval in which there was any. */
function samplesOf(
  runs: readonly RunResult[],
  step: string,
  ofRun: Measure["ofRun"],
  series: Measure["series"],
): readonly number[] {
  const [only] = runs;
  const record = only?.steps[step];
  if (runs.length === 1 && record) return intervals(series(record));
  return runs.flatMap((run) => {
    const found = run.steps[step];
    return (found && ofRun(found, run)) ?? [];
  });
}

function intervals(series: Series): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < series.length; at += INTERVAL_SECONDS) {
    const inside = series.slice(at, at + INTERVAL_SECONDS).filter((one) => one !== null);
    if (inside.length > 0) found.push(medianOf(inside));
  }
  return found;
}

function rowOf(
  step: string,
  what: ComparedRow["what"],
  left: readonly number[],
  right: readonly number[],
): ComparedRow {
  const [a, b] = [spreadOf(left), spreadOf(right)];
  const noise = Math.max(...[a, b].map(({ low, high, median }) => (high - low) / (median || 1)));
  const isTooFew = Math.min(left.length, right.length) < SAMPLES_MIN;
  const verdict = isTooFew ? "too few to tell" : verdictOf(a, b);
  const ratio = a.median === 0 ? Number.NaN : b.median / a.median;
  return { step, what, a, b, ratio, noisePercent: Math.round(noise * 100), verdict };
}

/** There is a difference when the two do not meet. */
function verdictOf(a: Spread, b: Spread): Verdict {
  if (b.low > a.high) return "higher";
  return b.high < a.low ? "lower" : "no difference beyond noise";
}

function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((x, y) => x - y);
  const cut = sorted.length > SAMPLES_ALL_COUNT ? Math.floor(sorted.length / 10) : 0;
  const [low = 0, high = 0] = [sorted[cut], sorted.at(-1 - cut)];
  return { median: medianOf(sorted), low, high };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

const errorsIn = (runs: readonly RunResult[]): number =>
  runs.reduce((sum, { steps }) => sum + errorsOf(steps), 0);

/** Runs of one side that are not of one kind have noise that is none. */
function mixedIn(side: string, runs: readonly RunResult[]): readonly string[] {
  const [first] = runs;
  const found = first ? runs.flatMap((one) => differences(first, one)) : [];
  return [...new Set(found)].map((one) => `within ${side}: ${one}`);
}

/** Which ports were free just then makes no difference. */
const settingsOf = ({ settings: { portRange: _, ...others } }: RunResult): string =>
  JSON.stringify(others);

function differences(a: RunResult, b: RunResult): readonly string[] {
  const words = (name: string, one: unknown, other: unknown): readonly string[] =>
    one === other ? [] : [`${name}: ${String(one)}, ${String(other)}`];
  const versions = Object.keys({ ...a.versions, ...b.versions });
  return [
    ...words("commit", a.commit, b.commit),
    ...words("processor", a.machine.cpu, b.machine.cpu),
    ...words("processors", a.machine.cpus, b.machine.cpus),
    ...words("kernel", a.machine.kernel, b.machine.kernel),
    ...versions.flatMap((name) => words(name, a.versions[name], b.versions[name])),
    ...words("settings", settingsOf(a), settingsOf(b)),
  ];
}
