import { expect, it } from "vitest";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { ResolvedImage } from "../image/image-store.ts";
import { NODE_ENTRY_LABEL } from "../image/oci.ts";
import { nodeMemoryOf } from "./node-memory.ts";
import { programOf } from "./shim-request.ts";

const MIB = 1024 * 1024;
const imageOf = (labels: object, env: readonly string[] = []): ResolvedImage =>
  ({ config: { labels, env, workingDir: "/", entrypoint: ["/x"], cmd: [] } }) as never;
const NODE = imageOf({ [NODE_ENTRY_LABEL]: "/app/main.mjs" });
const planOf = (memoryMiB: number, env: readonly object[] = []): ContainerPlan =>
  ({ id: "a", ports: [], env, limits: { memoryBytes: memoryMiB * MIB } }) as never;

it.each([
  [256, "--max-old-space-size=128 --max-semi-space-size=8"],
  [2_048, "--max-old-space-size=1024 --max-semi-space-size=16"],
  [16, "--max-old-space-size=8 --max-semi-space-size=1"],
])("tells a Node program with %i MiB that it has them", (mib, options) => {
  expect(nodeMemoryOf(planOf(mib), NODE)).toEqual([["NODE_OPTIONS", options]]);
});

it("says nothing without a limit, and nothing to other programs", () => {
  expect(nodeMemoryOf(planOf(0), NODE)).toEqual([]);
  expect(nodeMemoryOf(planOf(256), imageOf({}))).toEqual([]);
});

it("gives way to what the image or the plan says", () => {
  const rowOf = (plan: ContainerPlan, image: ResolvedImage): string | undefined =>
    programOf(plan, image, []).env.find((row) => row.startsWith("NODE_OPTIONS="));
  expect(rowOf(planOf(256), NODE)).toContain("=128 ");
  const own = imageOf({ [NODE_ENTRY_LABEL]: "/app/main.mjs" }, ["NODE_OPTIONS=--of-image"]);
  expect(rowOf(planOf(256), own)).toBe("NODE_OPTIONS=--of-image");
  const env = [{ name: "NODE_OPTIONS", value: "--of-plan" }];
  expect(rowOf(planOf(256, env), own)).toBe("NODE_OPTIONS=--of-plan");
});
