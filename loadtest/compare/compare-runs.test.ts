import { describe, expect, it } from "vitest";
import type { RunResult, StepRecord } from "../report/run-result.ts";
import { compareRuns } from "./compare-runs.ts";

const record = (p50s: readonly number[]): StepRecord => ({
  count: p50s.length,
  errors: {},
  perSecond: p50s.map(() => 1),
  errorsPerSecond: p50s.map(() => 0),
  p50Ms: p50s,
  p99Ms: p50s.map((ms) => ms * 2),
  all: { p50: p50s[0] ?? 0, p90: 0, p99: (p50s[0] ?? 0) * 2, p999: 0, max: 0 },
});
const runOf = (p50s: readonly number[], changes: Partial<RunResult> = {}): RunResult => ({
  ...{ format: 1, name: "journey", profile: "load", command: "", startedAt: "" },
  seconds: p50s.length,
  machine: {
    ...{ cpus: 2, cpu: "x", arch: "x64", kernel: "6", node: "v24", memoryMiB: 1, loadBefore: 0 },
  },
  ...{ versions: {}, commit: "abc", settings: {}, thresholds: [], notes: [] },
  steps: { ask: record(p50s) },
  ...changes,
});
const p50 = (a: readonly RunResult[], b: readonly RunResult[]) =>
  compareRuns(a, b).rows.find(({ what }) => what === "p50 ms");

describe("a comparison", () => {
  it.each([
    ["says higher when the two do not meet", [10, 11, 12], [20, 21, 22], "higher"],
    ["says lower when the two do not meet", [20, 21, 22], [10, 11, 12], "lower"],
    [
      "says nothing where one side alone goes as far",
      [10, 15, 22],
      [18, 20, 30],
      "no difference beyond noise",
    ],
    ["finds two runs too few to know the noise", [10, 11], [20, 21], "too few to tell"],
  ] as const)("of several runs %s", (_, a, b, verdict) => {
    const row = p50(
      a.map((ms) => runOf([ms])),
      b.map((ms) => runOf([ms])),
    );
    expect(row?.verdict).toBe(verdict);
  });

  it("gives medians, their ratio and how far the noisier side goes", () => {
    const [a, b] = [[8, 10, 12].map((ms) => runOf([ms])), [20, 20, 22].map((ms) => runOf([ms]))];
    expect(p50(a, b)).toMatchObject({
      ...{ a: { median: 10, low: 8, high: 12 }, b: { median: 20, low: 20, high: 22 } },
      ...{ ratio: 2, noisePercent: 40 },
    });
  });

  it("takes the noise of a single run from its intervals of five seconds", () => {
    const steady = Array.from({ length: 60 }, (_, i) => 10 + (i % 5) / 10);
    const slower = steady.map((ms) => ms * 3);
    expect(p50([runOf(steady)], [runOf(slower)])?.verdict).toBe("higher");
    const restless = steady.map((ms, i) => (i < 30 ? ms : ms * 4));
    expect(p50([runOf(restless)], [runOf(slower)])?.verdict).toBe("no difference beyond noise");
  });

  it("says what else differs, and refuses what is not the same", () => {
    const other = runOf([10], { commit: "def", versions: { ws: "2" } });
    expect(compareRuns([runOf([10])], [other]).differs).toEqual([
      "commit: abc, def",
      "ws: undefined, 2",
    ]);
    const ports = (portRange: string) => runOf([10], { settings: { hz: 20, portRange } });
    expect(compareRuns([ports("1-2")], [ports("3-4")]).differs).toEqual([]);
    expect(compareRuns([runOf([10]), other], [runOf([10])]).differs).toEqual([
      "within A: commit: abc, def",
      "within A: ws: undefined, 2",
    ]);
    expect(() => compareRuns([runOf([1])], [runOf([1], { profile: "smoke" })])).toThrow(
      /are not the same/,
    );
  });
});
