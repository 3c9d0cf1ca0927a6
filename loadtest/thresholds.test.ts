import { describe, expect, it } from "vitest";
import { peakOf } from "./generator/schedule.ts";
import { arrivingOf, PROFILES } from "./profiles.ts";
import type { StepRecord } from "./report/run-result.ts";
import { judge, promisedOf, THRESHOLDS } from "./thresholds.ts";

const step = (count: number, p99: number, errors: Record<string, number> = {}): StepRecord => ({
  ...{ count, errors, perSecond: [], errorsPerSecond: [], p50Ms: [], p99Ms: [] },
  ...(count > 0 ? { all: { p50: 1, p90: 1, p99, p999: p99, max: p99 } } : {}),
});

describe("thresholds", () => {
  it("are kept or missed, each with what was seen", () => {
    const steps = { ask: step(9, 40, { timeout: 1 }) };
    const promised = [
      { kind: "errors", max: 0 },
      { kind: "count", step: "ask", min: 9 },
      { kind: "p99", step: "ask", maxMs: 39 },
    ] as const;
    expect(judge(promised, steps)).toEqual([
      { name: "errors", limit: 0, seen: 1, passed: false },
      { name: "ask: count", limit: 9, seen: 9, passed: true },
      { name: "ask: p99 ms", limit: 39, seen: 40, passed: false },
    ]);
  });

  it("are missed when nothing was done", () => {
    const promised = [
      { kind: "count", step: "ask", min: 1 },
      { kind: "p99", step: "ask", maxMs: 500 },
    ] as const;
    expect(judge(promised, {}).map(({ passed }) => passed)).toEqual([false, false]);
  });

  it("go with the arrivals: half of them is half as many players, who wait no longer", () => {
    const half = { profile: "load", arrivals: 50 } as const;
    const { stages, staySeconds, atOnceMax } = arrivingOf("journey", half);
    expect([peakOf(stages), staySeconds, atOnceMax]).toEqual([10, 30, 450]);
    expect(promisedOf("journey", half)).toMatchObject([
      { kind: "errors", max: 0 },
      { kind: "count", min: 1_200 },
      { kind: "p99", maxMs: 500 },
      { kind: "p99", maxMs: 250 },
    ]);
  });

  it("of the smoke profile are counts: it runs on machines that do other things", () => {
    for (const [name, rows] of Object.entries(THRESHOLDS)) {
      expect(
        rows.smoke.map(({ kind }) => kind),
        name,
      ).not.toContain("p99");
      expect(
        rows.smoke.map(({ kind }) => kind),
        name,
      ).toContain("count");
      for (const profile of PROFILES) expect(rows[profile].length, name).toBeGreaterThan(0);
    }
  });
});
