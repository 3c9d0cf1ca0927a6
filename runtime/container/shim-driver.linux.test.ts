import { expect, it } from "vitest";
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
