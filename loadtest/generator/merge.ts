import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Percentiles, StepRecord } from "../report/run-result.ts";
import type { SecondSeen } from "./tally.ts";

/** Histograms count whole microseconds, of which an hour is the most. */
const US = 1_000;
const US_MAX = 3_600_000_000;

interface StepSeries {
  readonly all: RecordableHistogram;
  readonly errors: Record<string, number>;
  readonly perSecond: number[];
  readonly errorsPerSecond: number[];
  readonly p50Ms: (number | null)[];
  readonly p99Ms: (number | null)[];
  count: number;
}
/** A second that some generators have not told of yet. */
interface OpenSecond {
  readonly steps: Map<string, number[]>;
  /** Of each step, by cause. */
  readonly errors: Map<string, Record<string, number>>;
  inPlay: number;
}
/** One second of all generators, for who looks on. */
export interface SecondDone {
  readonly second: number;
  readonly inPlay: number;
  readonly steps: Readonly<Record<string, StepDone>>;
}
export interface StepDone {
  readonly count: number;
  readonly errors: number;
  /** How often each of the errors. */
  readonly causes: Readonly<Record<string, number>>;
  readonly p99Ms: number | null;
}

/** What several generators saw, as one: series by second, and the whole run. */
export class Merge {
  /** Of each generator that still tells, the second that it tells of next. */
  readonly #next: Map<number, number>;
  readonly #steps = new Map<string, StepSeries>();
  readonly #open = new Map<number, OpenSecond>();
  readonly inPlay: number[] = [];
  /** Seconds that are whole. */
  #seconds = 0;

  constructor(generators: number) {
    this.#next = new Map(Array.from({ length: generators }, (_, index) => [index, 0]));
  }

  /** Takes what a generator, by its index, saw in one second, its next one; the seconds that are whole now. */
  add(index: number, seen: SecondSeen): readonly SecondDone[] {
    const open = this.#second(seen.second);
    this.#next.set(index, seen.second + 1);
    open.inPlay += seen.inPlay;
    for (const [name, { tookMs, errors }] of Object.entries(seen.steps)) {
      const step = this.#step(name);
      const list = open.steps.get(name) ?? [];
      open.steps.set(name, list);
      for (const ms of tookMs) {
        list.push(ms);
        step.all.record(Math.min(US_MAX, Math.max(1, Math.round(ms * US))));
      }
      step.count += tookMs.length;
      const causes = open.errors.get(name) ?? {};
      open.errors.set(name, causes);
      for (const [cause, count] of Object.entries(errors))
        for (const sums of [step.errors, causes]) sums[cause] = (sums[cause] ?? 0) + count;
    }
    return this.#close();
  }

  /** A generator tells nothing more; the seconds that are whole now. */
  left(index: number): readonly SecondDone[] {
    this.#next.delete(index);
    return this.#close();
  }

  /** Everything that was seen so far. */
  get steps(): Readonly<Record<string, StepRecord>> {
    const entries = [...this.#steps].map(([name, step]) => [name, recordOf(step)] as const);
    return Object.fromEntries(entries);
  }

  #second(second: number): OpenSecond {
    const found = this.#open.get(second);
    if (found) return found;
    const made = { steps: new Map(), errors: new Map(), inPlay: 0 };
    this.#open.set(second, made);
    return made;
  }

  #step(name: string): StepSeries {
    const found = this.#steps.get(name);
    if (found) return found;
    const fill = <T>(value: T): T[] => Array.from({ length: this.#seconds }, () => value);
    const made: StepSeries = {
      all: createHistogram({ lowest: 1, highest: US_MAX, figures: 3 }),
      errors: {},
      perSecond: fill(0),
      errorsPerSecond: fill(0),
      p50Ms: fill(null),
      p99Ms: fill(null),
      count: 0,
    };
    this.#steps.set(name, made);
    return made;
  }

  /** In order: a second ends when all generators that still tell have told of it. */
  #close(): SecondDone[] {
    const done: SecondDone[] = [];
    for (;;) {
      const open = this.#open.get(this.#seconds);
      const isTold = [...this.#next.values()].every((next) => next > this.#seconds);
      if (!open || !isTold) return done;
      this.#open.delete(this.#seconds);
      done.push(this.#closed(open));
      this.#seconds++;
    }
  }

  #closed({ steps, errors, inPlay }: OpenSecond): SecondDone {
    const shown: Record<string, StepDone> = {};
    for (const [name, series] of this.#steps) {
      const sorted = (steps.get(name) ?? []).sort((a, b) => a - b);
      const causes = errors.get(name) ?? {};
      const failed = Object.values(causes).reduce((sum, count) => sum + count, 0);
      const p99Ms = percentileOf(sorted, 0.99);
      series.perSecond.push(sorted.length);
      series.errorsPerSecond.push(failed);
      series.p50Ms.push(percentileOf(sorted, 0.5));
      series.p99Ms.push(p99Ms);
      shown[name] = { count: sorted.length, errors: failed, causes, p99Ms };
    }
    this.inPlay.push(inPlay);
    return { second: this.#seconds, inPlay, steps: shown };
  }
}

/** The smallest that so large a part of them is not above; null of none. */
export function percentileOf(sorted: readonly number[], part: number): number | null {
  const found = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  return found === undefined ? null : roundMs(found);
}

function recordOf({ all, ...step }: StepSeries): StepRecord {
  return { ...step, ...(step.count > 0 ? { all: percentilesOf(all) } : {}) };
}

function percentilesOf(all: RecordableHistogram): Percentiles {
  const at = (percent: number): number => roundMs(all.percentile(percent) / US);
  const max = roundMs(all.max / US);
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max };
}

const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
