import { describe, expect, it } from "vitest";
import { describeFailure, runSeed } from "./report.ts";
import { simulate } from "./simulation.ts";
import { makeStory } from "./story.ts";

/** `npm run sim` looks at as many as one likes. */
const SEEDS = 300;
const RANGE = 50;
/** Generous: the whole takes about 30 s on one idle core. */
const RANGE_MS_MAX = 120_000;

describe("the control plane in a world where everything fails", () => {
  const ranges = Array.from({ length: SEEDS / RANGE }, (_, i) => i * RANGE + 1);
  it.each(ranges)(
    `keeps its rules and comes to rest, in ${RANGE} seeds from %i on`,
    async (from) => {
      let allocated = 0;
      let crashes = 0;
      let seated = 0;
      for (let seed = from; seed < from + RANGE; seed++) {
        const result = await runSeed(seed);
        if (result.violation) expect.fail(await describeFailure(result));
        allocated += result.allocated;
        crashes += result.crashes;
        seated += result.seated;
      }
      // A world in which nothing happened would keep every rule.
      expect(allocated).toBeGreaterThan(RANGE);
      expect(crashes).toBeGreaterThan(RANGE / 5);
      expect(seated).toBeGreaterThan(RANGE / 2);
    },
    RANGE_MS_MAX,
  );

  it("gives byte for byte the same events for the same seed", async () => {
    for (const seed of [3, 14, 15]) {
      const [one, two] = [
        await simulate(makeStory(seed), true),
        await simulate(makeStory(seed), true),
      ];
      expect(one.log.length).toBeGreaterThan(100);
      expect(one.log.join("\n")).toBe(two.log.join("\n"));
    }
  });
});
