import { describe, expect, it } from "vitest";
import { CUT_MOMENTS } from "./cut-off.ts";
import { killAllocations } from "./kill-allocations.ts";

const seed = Date.now() % 1_000_000;

describe("allocations while the control plane and clients are killed", () => {
  it(`are each given once, to somebody, stay given, and are answered the same again (seed ${seed})`, async () => {
    const report = await killAllocations({
      allocations: 5000,
      clients: 64,
      servers: 200,
      seed,
      cutShare: 0.05,
      aliveMs: { min: 50, max: 300 },
      // Each takes seconds on a busy machine, which would have many more of them.
      killsMax: 12,
    });
    expect(report.wrongs).toEqual([]);
    expect(report.allocations).toBe(5000);
    expect(report.leaks).toBe(0);
    for (const moment of CUT_MOMENTS) expect(report.cuts[moment], moment).toBeGreaterThan(10);
    expect(report.givenToGone).toBeGreaterThan(10);
    expect(report.kills).toBeGreaterThan(2);
    expect(report.retries).toBeGreaterThan(0);
    expect(report.repeated).toBeGreaterThan(20);
    expect(report.heldAtTheEnd).toBeGreaterThanOrEqual(80);
  }, 300_000);
});
