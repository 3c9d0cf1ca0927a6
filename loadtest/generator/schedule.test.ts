import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrivalsMs, peakOf, type Stage, secondsOf } from "./schedule.ts";

const all = (stages: readonly Stage[]): number[] => [...arrivalsMs(stages, { index: 0, of: 1 })];
const steady = (seconds: number, perSecond: number): Stage => ({
  ...{ seconds, from: perSecond, to: perSecond },
});

describe("the schedule of arrivals", () => {
  it("spreads a constant rate evenly from the start on", () => {
    expect(all([steady(2, 4)])).toEqual([0, 250, 500, 750, 1000, 1250, 1500, 1750]);
  });

  it("lets a ramp rise in a straight line: half of its arrivals come in the last 30 %", () => {
    const times = all([{ seconds: 10, from: 0, to: 20 }]);
    expect(times).toHaveLength(100);
    expect(times.filter((ms) => ms < 7_072)).toHaveLength(51);
  });

  it("goes on over stages as if they were one", () => {
    expect(all([steady(1, 5), steady(1, 5)])).toEqual(all([steady(2, 5)]));
    const spike = [steady(1, 2), { seconds: 1, from: 2, to: 10 }, steady(1, 10)];
    expect(all(spike)).toHaveLength(2 + 6 + 10);
    expect([secondsOf(spike), peakOf(spike)]).toEqual([3, 10]);
  });

  it("has nobody come in a stage without arrivals", () => {
    expect(all([steady(5, 0), steady(1, 2)])).toEqual([5_000, 5_500]);
  });

  it("comes in order, within its time, and shares leave none out and none twice", () => {
    const stage = fc.record({
      seconds: fc.integer({ min: 1, max: 5 }),
      from: fc.integer({ min: 0, max: 40 }),
      to: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 4 }), fc.integer({ min: 1, max: 5 }), (s, of) => {
        const whole = all(s);
        expect(whole).toEqual(whole.toSorted((a, b) => a - b));
        for (const ms of whole) expect(ms).toBeLessThanOrEqual(secondsOf(s) * 1000 + 1e-6);
        const shares = Array.from({ length: of }, (_, index) => [...arrivalsMs(s, { index, of })]);
        expect(shares.flat().toSorted((a, b) => a - b)).toEqual(whole);
      }),
    );
  });
});
