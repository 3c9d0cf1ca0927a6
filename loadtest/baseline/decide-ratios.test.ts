import { describe, expect, it } from "vitest";
import type { StepRecord } from "../report/run-result.ts";
import { ratioOf, sidesOf, stepsOf, type Turn } from "./decide-ratios.ts";

const step = (p50: number, errors: Record<string, number> = {}): StepRecord => ({
  ...{ count: 2, errors, perSecond: [2], errorsPerSecond: [0], p50Ms: [p50], p99Ms: [p50 * 2] },
  all: { p50, p90: p50, p99: p50 * 2, p999: p50 * 2, max: p50 * 3 },
});
const turns: readonly Turn[] = [
  { platform: { join: step(30) }, bare: { join: step(10) } },
  { platform: { join: step(90, { timeout: 1 }) }, bare: { join: step(20) } },
  { platform: { join: step(40) }, bare: { join: step(30) } },
];

describe("what the platform costs beside something bare", () => {
  it("is the ratio of the medians of the turns", () => {
    expect(ratioOf("join", "coming in", turns)).toEqual({
      ...{ about: "coming in", step: "join", turns: 3, ratioP50: 2, ratioP99: 2 },
      ...{ platformP50Ms: 40, platformP99Ms: 80, bareP50Ms: 20, bareP99Ms: 40 },
    });
  });

  it("is taken in turns in which each side goes first as often, A B B A", () => {
    expect([0, 1, 2, 3].map((turn) => sidesOf(turn).join(" "))).toEqual([
      ...["platform bare", "bare platform", "platform bare", "bare platform"],
    ]);
  });

  it("takes the middle between two turns", () => {
    expect(ratioOf("join", "", turns.slice(0, 2))).toMatchObject({
      ...{ platformP50Ms: 60, bareP50Ms: 15, ratioP50: 4 },
    });
  });

  it("is not told of a step that one of both never did", () => {
    expect(ratioOf("leave", "going", turns)).toBeUndefined();
  });

  it("shows the steps of all turns one after the other, errors summed", () => {
    expect(stepsOf(turns)["platform: join"]).toMatchObject({
      ...{ count: 6, errors: { timeout: 1 }, perSecond: [2, 2, 2], p50Ms: [30, 90, 40] },
      all: { p50: 40, max: 270 },
    });
  });
});
