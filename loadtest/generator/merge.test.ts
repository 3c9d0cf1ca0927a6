import { describe, expect, it } from "vitest";
import { Merge, percentileOf } from "./merge.ts";
import type { SecondSeen } from "./tally.ts";

const seen = (second: number, tookMs: readonly number[], errors = {}): SecondSeen => ({
  ...{ second, inPlay: tookMs.length, steps: { ask: { tookMs, errors } } },
});

describe("what several generators saw", () => {
  it("is one second when all have told of it, in order", () => {
    const merge = new Merge(2);
    expect(merge.add(0, seen(0, [1]))).toEqual([]);
    expect(merge.add(0, seen(1, [5]))).toEqual([]);
    expect(merge.add(1, seen(0, [3], { timeout: 1 }))).toEqual([
      {
        second: 0,
        inPlay: 2,
        steps: { ask: { count: 2, errors: 1, causes: { timeout: 1 }, p99Ms: 3 } },
      },
    ]);
    expect(merge.add(1, seen(1, []))).toHaveLength(1);
    expect(merge.steps.ask).toMatchObject({
      ...{ count: 3, errors: { timeout: 1 }, perSecond: [2, 1], errorsPerSecond: [1, 0] },
      ...{ p50Ms: [1, 5], p99Ms: [3, 5] },
    });
  });

  it("has an empty past for a step that comes later, and no percentile where nothing was", () => {
    const merge = new Merge(1);
    merge.add(0, { second: 0, inPlay: 0, steps: {} });
    merge.add(0, seen(1, [7]));
    merge.add(0, { second: 2, inPlay: 0, steps: {} });
    expect(merge.steps.ask).toMatchObject({ perSecond: [0, 1, 0], p99Ms: [null, 7, null] });
  });

  it("goes on without a generator that has ended, and misses nothing that another tells later", () => {
    const merge = new Merge(2);
    merge.add(0, seen(0, [1]));
    expect(merge.left(0)).toEqual([]);
    expect(merge.add(1, seen(0, [2]))).toHaveLength(1);
    expect(merge.add(1, seen(1, [3]))).toHaveLength(1);
    expect(merge.left(1)).toEqual([]);
    expect(merge.steps.ask?.perSecond).toEqual([2, 1]);
  });

  it("tells percentiles of the whole run within a thousandth, and the worst as it was", () => {
    const merge = new Merge(1);
    merge.add(
      0,
      seen(
        0,
        Array.from({ length: 1_000 }, (_, i) => i + 1),
      ),
    );
    merge.add(0, seen(1, [60_000]));
    const all = merge.steps.ask?.all;
    expect(all?.p50).toBeCloseTo(501, -1);
    expect(all?.p99).toBeGreaterThan(985);
    expect(all?.p99).toBeLessThan(995);
    expect(all?.max).toBeGreaterThan(59_900);
  });

  it("says nothing of a step that never went well", () => {
    const merge = new Merge(1);
    merge.add(0, seen(0, [], { ECONNREFUSED: 4 }));
    expect(merge.steps.ask?.all).toBeUndefined();
    expect(merge.steps.ask?.errors).toEqual({ ECONNREFUSED: 4 });
  });

  it("takes the smallest that so large a part is not above", () => {
    expect(percentileOf([1, 2, 3, 4], 0.5)).toBe(2);
    expect(percentileOf([1, 2, 3, 4], 0.99)).toBe(4);
    expect(percentileOf([], 0.5)).toBeNull();
  });
});
