import type { Load, ProfileName } from "./profiles.ts";
import type { StepRecord, ThresholdResult } from "./report/run-result.ts";

/** What a run promises; a run that breaks one ends with 1. */
export type Threshold =
  /** Failures of all steps together, at most. */
  | { readonly kind: "errors"; readonly max: number }
  /** 99 of 100 of a step take at most so long. */
  | { readonly kind: "p99"; readonly step: string; readonly maxMs: number }
  /** A step is done well so often, at least: a run that did nothing keeps no promise. */
  | { readonly kind: "count"; readonly step: string; readonly min: number };

const errors = (max: number): Threshold => ({ kind: "errors", max });
const p99 = (step: string, maxMs: number): Threshold => ({ kind: "p99", step, maxMs });
const count = (step: string, min: number): Threshold => ({ kind: "count", step, min });

/** All thresholds of all scenarios. Smoke runs on machines that do other things: it promises counts, no times. */
// biome-ignore format: a table is read by its columns
export const THRESHOLDS: Readonly<Record<string, Readonly<Record<ProfileName, readonly Threshold[]>>>> = {
  login: {
    smoke: [errors(0), count("log out", 49), count("log in by password", 1)],
    load:  [errors(0), p99("log in", 250), p99("profile", 100)],
    spike: [errors(0)],
  },
  asset: {
    smoke: [errors(0), count("delete asset", 25)],
    load:  [errors(0), p99("list assets", 250)],
    spike: [errors(0)],
  },
  room: {
    smoke: [errors(0), count("delete map", 25)],
    load:  [errors(0), p99("read map", 250)],
    spike: [errors(0)],
  },
  game: {
    smoke: [errors(0), count("leave", 15), count("walk", 1)],
    load:  [errors(0), count("leave", 1_800), p99("seat to joined", 500), p99("reply", 250)],
    spike: [errors(0), p99("seat to joined", 2_000)],
  },
  journey: {
    smoke: [errors(0), count("journey", 16), count("walk", 1)],
    load:  [errors(0), count("journey", 2_400), p99("seat to joined", 500), p99("reply", 250)],
    spike: [errors(0), p99("seat to joined", 2_000)],
  },
  baseline: {
    smoke: [errors(0), count("platform: leave", 8), count("bare: leave", 8)],
    load:  [errors(0), count("platform: leave", 600), count("bare: leave", 600)],
    spike: [errors(0)],
  },
  allocation: {
    smoke: [errors(0), count("give back", 25)],
    load:  [errors(0), count("give back", 1_800), p99("allocate", 50)],
    spike: [errors(0), p99("allocate", 200)],
  },
};

/** The promises of a run with so many per cent of a profile's arrivals: counts are as many, times stay what they are. */
export function promisedOf(name: string, { profile, arrivals }: Load): readonly Threshold[] {
  const promised = THRESHOLDS[name]?.[profile] ?? [];
  return promised.map((one) =>
    one.kind === "count" ? { ...one, min: Math.floor((one.min * arrivals) / 100) } : one,
  );
}

/** Whether the promises of a run were kept. */
export function judge(
  promised: readonly Threshold[],
  steps: Readonly<Record<string, StepRecord>>,
): readonly ThresholdResult[] {
  return promised.map((one) => {
    if (one.kind === "errors") {
      const seen = errorsOf(steps);
      return { name: "errors", limit: one.max, seen, passed: seen <= one.max };
    }
    const step = steps[one.step];
    if (one.kind === "count") {
      const seen = step?.count ?? 0;
      return { name: `${one.step}: count`, limit: one.min, seen, passed: seen >= one.min };
    }
    const name = `${one.step}: p99 ms`;
    const seen = step?.all?.p99;
    if (seen === undefined) return { name, limit: one.maxMs, passed: false };
    return { name, limit: one.maxMs, seen, passed: seen <= one.maxMs };
  });
}

/** Failures of all steps. */
export function errorsOf(steps: Readonly<Record<string, StepRecord>>): number {
  const all = Object.values(steps).flatMap((step) => Object.values(step.errors));
  return all.reduce((sum, n) => sum + n, 0);
}
