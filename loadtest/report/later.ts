import type { RunResult } from "./run-result.ts";

type Steps = RunResult["steps"];

/** Steps of players who began so many seconds after the run, each named after them. Pure. */
export function laterSteps(steps: Steps, name: string, seconds: number): Steps {
  const fill = <T>(value: T): T[] => Array.from({ length: seconds }, () => value);
  const entries = Object.entries(steps).map(([step, record]) => {
    const shifted = {
      ...record,
      perSecond: [...fill(0), ...record.perSecond],
      errorsPerSecond: [...fill(0), ...record.errorsPerSecond],
      p50Ms: [...fill(null), ...record.p50Ms],
      p99Ms: [...fill(null), ...record.p99Ms],
    };
    return [step === name ? name : `${name}: ${step}`, shifted] as const;
  });
  return Object.fromEntries(entries);
}
