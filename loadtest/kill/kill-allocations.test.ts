import { describe, expect, it } from "vitest";
import { killAllocations } from "./kill-allocations.ts";

const seed = Date.now() % 1_000_000;

describe("allocations while the control plane is killed", () => {
  it(`are each given once, stay given, and are answered the same again (seed ${seed})`, async () => {
    const report = await killAllocations({
      allocations: 5000,
      clients: 64,
      servers: 200,
      seed,
      aliveMs: { min: 50, max: 400 },
    });
    expect(report.wrongs).toEqual([]);
    expect(report.allocations).toBe(5000);
    expect(report.kills).toBeGreaterThan(2);
    expect(report.retries).toBeGreaterThan(0);
    expect(report.repeated).toBeGreaterThan(20);
    expect(report.heldAtTheEnd).toBeGreaterThanOrEqual(100);
  }, 60_000);
});
