import { expect, it, vi } from "vitest";
import { describeDriver, Stage } from "./driver-conformance.ts";
import { ShimBench } from "./shim-bench.ts";

describeDriver("shim", () => ShimBench.make());

it("gives containers that start at once users of their own, and keeps what each was made of", async () => {
  await using bench = await ShimBench.make();
  const stage = await Stage.open(bench);
  await Promise.all(Array.from({ length: 16 }, () => stage.start(["wait"])));
  const kept = await bench.kept();
  expect(new Set(kept.map(({ userBase }) => userBase)).size).toBe(16);
  expect(kept.filter(({ image }) => (image?.layers.length ?? 0) > 0)).toHaveLength(16);
  await stage.close();
});

it("counts what a container is denied and waits for", async () => {
  await using bench = await ShimBench.make();
  const stage = await Stage.open(bench);
  const limits = { cpuMilli: 20, memoryBytes: 64 * 2 ** 20, pidsMax: 64 };
  const plan = stage.plan(["wait"], { limits, cpuLimited: true });
  try {
    await stage.driver.start(plan);
    const isDenied = async (): Promise<void> => {
      const [used] = await stage.driver.stats();
      expect(used?.details.throttledMicros).toBeGreaterThan(0);
      expect(used?.details).toHaveProperty("readBytes");
    };
    await vi.waitFor(isDenied, { timeout: 10_000 });
  } finally {
    await stage.close();
  }
});
