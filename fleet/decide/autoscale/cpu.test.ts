import { describe, expect, it } from "vitest";
import type { CpuPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { decideCpu } from "./cpu.ts";
import { factsOf, readingsOf } from "./facts.fixture.ts";
import type { CpuReading } from "./want.ts";

const cpu = (more: Partial<CpuPolicy>): CpuPolicy => ({
  minReplicas: 0,
  maxReplicas: 100,
  staleAfterSeconds: 15,
  ...more,
});
const fresh = (percent: number): CpuReading => ({ milli: percent * 10, ageMs: 0 });

describe("decideCpu", () => {
  it.each([
    ["grows by the ratio of mean and target", { meanPercent: 50 }, [80, 80, 80, 80], 7],
    ["shrinks by it", { meanPercent: 50 }, [10, 10, 10, 10], 1],
    ["stays within a tenth of the target", { meanPercent: 50 }, [54, 54, 54, 54], 4],
    ["asks for no server more because of rounding", { meanPercent: 30 }, [90, 90, 90], 9],
    ["follows the busiest of twenty", { p95Percent: 50 }, [...Array(18).fill(0), 100, 100], 40],
    ["takes the higher of two wishes", { meanPercent: 50, p95Percent: 80 }, [10, 10, 10, 160], 8],
    ["goes to nothing when nothing is used", { meanPercent: 50 }, [0, 0, 0], 0],
    ["keeps the floor", { meanPercent: 50, minReplicas: 2 }, [0, 0, 0], 2],
    ["keeps the ceiling", { meanPercent: 10, maxReplicas: 5 }, [90, 90, 90], 5],
  ] as const)("%s", (_, policy, percents, desired) => {
    const facts = factsOf({ replicas: percents.length, cpu: readingsOf(...percents) });
    expect(decideCpu(cpu(policy), facts)).toMatchObject({ desired });
  });

  it("measures against what a server asked for", () => {
    const facts = factsOf({ replicas: 2, cpuBasisMilli: 250, cpu: readingsOf(25, 25) });
    expect(decideCpu(cpu({ meanPercent: 50 }), facts)).toMatchObject({ desired: 4 });
  });

  it("takes servers that were not measured for idle on the way up and for busy on the way down", () => {
    const some = (percent: number) => () => [fresh(percent), fresh(percent), undefined, undefined];
    const up = factsOf({ replicas: 4, cpu: some(80) });
    // All four would be 7 at a mean of 80; two of them idle are a mean of 40, which is less than the target.
    expect(decideCpu(cpu({ meanPercent: 50 }), up)).toMatchObject({ desired: 4 });
    const down = factsOf({ replicas: 4, cpu: some(0) });
    expect(decideCpu(cpu({ meanPercent: 50 }), down)).toMatchObject({ desired: 2 });
  });

  it("never asks for fewer than are held", () => {
    const facts = factsOf({ replicas: 5, held: 3, cpu: readingsOf(0, 0, 0, 0, 0) });
    expect(decideCpu(cpu({ meanPercent: 50 }), facts)).toMatchObject({ desired: 3 });
  });

  it("wakes for a request that found no server", () => {
    expect(decideCpu(cpu({ meanPercent: 50 }), factsOf({ demand: 2 }))).toMatchObject({
      desired: 2,
    });
  });

  it.each([
    ["nothing was measured", [undefined, undefined], "MetricsMissing"],
    [
      "measurements are too old",
      [
        { milli: 100, ageMs: 16_000 },
        { milli: 100, ageMs: 16_000 },
      ],
      "MetricsStale",
    ],
    [
      "they are no numbers",
      [{ milli: Number.NaN, ageMs: 0 }, fresh(10), { milli: Number.NaN, ageMs: 0 }],
      "MetricsAbsurd",
    ],
    ["they are negative", [{ milli: -1, ageMs: 0 }], "MetricsAbsurd"],
    ["they are a hundred times what can be", [{ milli: 100_001, ageMs: 0 }], "MetricsAbsurd"],
  ] as const)("says no number when %s", (_, readings, because) => {
    const facts = factsOf({ replicas: readings.length, cpu: () => readings });
    expect(decideCpu(cpu({ meanPercent: 50 }), facts)).toMatchObject({ because });
  });

  it("says no number for a template without CPU request and limit", () => {
    const facts = factsOf({ replicas: 1, cpuBasisMilli: 0, cpu: readingsOf(10) });
    expect(decideCpu(cpu({ meanPercent: 50 }), facts)).toMatchObject({ because: "PolicyUnusable" });
  });
});
