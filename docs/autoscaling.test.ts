import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { admit } from "../core/model/admit.ts";

const text = readFileSync(join(import.meta.dirname, "autoscaling.md"), "utf8");
const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block);

it("shows at least one autoscaler", () => {
  expect(blocks.length).toBeGreaterThan(0);
});

it.each(blocks)("shows autoscalers that are taken as they are: %#", (block) => {
  const { warnings } = admit(parse(block), {
    kind: "FleetAutoscaler",
    now: "2026-01-01T00:00:00Z",
    uid: "00000000-0000-4000-8000-000000000000",
    fieldValidation: "Strict",
  });
  expect(warnings).toEqual([]);
});
