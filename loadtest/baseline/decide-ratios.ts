import type { BaselineRecord, StepRecord } from "../report/run-result.ts";

type Steps = Readonly<Record<string, StepRecord>>;
/** One turn of each. */
export interface Turn {
  readonly platform: Steps;
  readonly bare: Steps;
}

/** Which side goes first in a turn, and which second: ABBA, so that what drifts with time meets both alike. Pure. */
export function sidesOf(turn: number): readonly (keyof Turn)[] {
  return turn % 2 === 0 ? ["platform", "bare"] : ["bare", "platform"];
}

/** What a step took on the platform and bare, as medians over the turns; undefined where one of both never did it. Pure. */
export function ratioOf(
  step: string,
  about: string,
  turns: readonly Turn[],
): BaselineRecord | undefined {
  const of = (side: keyof Turn, part: "p50" | "p99"): number =>
    median(turns.flatMap((turn) => turn[side][step]?.all?.[part] ?? []));
  const [platformP50Ms, platformP99Ms] = [of("platform", "p50"), of("platform", "p99")];
  const [bareP50Ms, bareP99Ms] = [of("bare", "p50"), of("bare", "p99")];
  if (Number.isNaN(platformP50Ms) || Number.isNaN(bareP50Ms)) return undefined;
  return {
    ...{ about, step, platformP50Ms, platformP99Ms, bareP50Ms, bareP99Ms, turns: turns.length },
    ratioP50: round(platformP50Ms / bareP50Ms),
    ratioP99: round(platformP99Ms / bareP99Ms),
  };
}

/** The steps of several turns one after the other, each named after its side; percentiles are medians over the turns. Pure. */
export function stepsOf(turns: readonly Turn[]): Steps {
  const sides = ["platform", "bare"] as const;
  const named = sides.flatMap((side) => {
    const names = new Set(turns.flatMap((turn) => Object.keys(turn[side])));
    return [...names].map((name) => {
      const records = turns.flatMap((turn) => turn[side][name] ?? []);
      return [`${side}: ${name}`, joined(records)] as const;
    });
  });
  return Object.fromEntries(named);
}

function joined(records: readonly StepRecord[]): StepRecord {
  const errors: Record<string, number> = {};
  for (const record of records)
    for (const [cause, count] of Object.entries(record.errors))
      errors[cause] = (errors[cause] ?? 0) + count;
  const all = records.flatMap((record) => record.all ?? []);
  const of = (part: "p50" | "p90" | "p99" | "p999"): number => median(all.map((one) => one[part]));
  const max = Math.max(...all.map((one) => one.max));
  return {
    count: records.reduce((sum, { count }) => sum + count, 0),
    errors,
    perSecond: records.flatMap(({ perSecond }) => perSecond),
    errorsPerSecond: records.flatMap(({ errorsPerSecond }) => errorsPerSecond),
    p50Ms: records.flatMap(({ p50Ms }) => p50Ms),
    p99Ms: records.flatMap(({ p99Ms }) => p99Ms),
    ...(all.length === 0
      ? {}
      : { all: { p50: of("p50"), p90: of("p90"), p99: of("p99"), p999: of("p999"), max } }),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

const round = (value: number): number => Math.round(value * 100) / 100;
