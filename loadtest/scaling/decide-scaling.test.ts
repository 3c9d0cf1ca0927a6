import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FleetChange, NOTHING } from "../record/fleet-story.ts";
import { type Asked, decideScaling, type ScalingStory } from "./decide-scaling.ts";

const change = (atMs: number, replicas: number, more: Partial<FleetChange> = {}): FleetChange => ({
  ...{ ...NOTHING, atMs, wanted: replicas, desired: replicas, replicas, ready: 1 },
  ...more,
});
const given = (askedMs: number, answeredMs: number): Asked => ({
  ...{ askedMs, answeredMs, outcome: "given", because: "" },
});
const refused = (askedMs: number, answeredMs: number): Asked => ({
  ...{ askedMs, answeredMs, outcome: "refused", because: "no game server has room" },
});

/** A sawtooth as it should be: 1 to 4 servers and back, never more, and everybody got a place. */
const GOOD: ScalingStory = {
  floor: 1,
  most: 4,
  changes: [
    change(0, 1),
    change(2_000, 2, { ready: 0 }),
    change(3_000, 4, { ready: 2 }),
    change(5_000, 4, { ready: 0 }),
    change(7_000, 4, { ready: 3 }),
    change(9_000, 1),
  ],
  asked: [given(100, 120), given(2_100, 3_100), given(4_900, 5_100)],
  rests: [
    { name: "all are in", atMs: 6_000, atLeast: 4 },
    { name: "all have left", atMs: 9_500, exactly: 1 },
  ],
};
const { changes } = GOOD;
const rulesOf = (story: ScalingStory): string[] => decideScaling(story).map(({ rule }) => rule);

describe("a fleet under load", () => {
  it("has done nothing wrong when it followed", () => {
    expect(decideScaling(GOOD)).toEqual([]);
  });

  it("may refuse when it was as large as it may be, and nothing was free, while somebody waited", () => {
    expect(rulesOf({ ...GOOD, asked: [refused(4_000, 5_500)] })).toEqual([]);
    expect(rulesOf({ ...GOOD, asked: [refused(5_500, 6_500)] })).toEqual([]);
  });

  // biome-ignore format: a table is read by its columns
  it.each<[string, Partial<ScalingStory>, string]>([
    ["one server too many is wanted", { changes: [...changes, change(9_900, 1, { desired: 5 })] }, "servers beyond the most"],
    ["a spec goes below the floor", { changes: [...changes, change(9_900, 0)] }, "servers below the floor"],
    ["a request is refused with a server Ready", { asked: [refused(100, 200)] }, "refused while there was room"],
    ["a request is refused while the fleet may grow", { asked: [refused(2_100, 2_900)] }, "refused while there was room"],
    ["a request is refused after the fleet was full", { asked: [refused(7_100, 7_200)] }, "refused while there was room"],
    ["a request is answered with something else", { asked: [{ ...refused(4_000, 5_500), outcome: "failed" }] }, "requests that failed"],
    ["the fleet stays small under its players", { rests: [{ name: "in", atMs: 2_500, atLeast: 4 }] }, "load that was not followed"],
    ["the fleet does not go back", { rests: [{ name: "left", atMs: 7_500, exactly: 1 }] }, "load that was not followed"],
    ["the spec is right and the servers are not there", { changes: [change(0, 1), change(1_000, 4, { replicas: 3 })] }, "load that was not followed"],
  ])("is told of when %s", (_, wrong, rule) => {
    expect(rulesOf({ ...GOOD, ...wrong })).toContain(rule);
  });

  it("has proven nothing when it did not scale at all", () => {
    const still = { ...GOOD, rests: [], changes: [change(0, 1), change(5_000, 1)] };
    expect(rulesOf(still)).toEqual(["nothing scaled"]);
    expect(rulesOf({ ...still, changes: [] })).toEqual(["nothing scaled"]);
  });

  it("finds a refusal whatever is planted around it, unless the fleet was full meanwhile", () => {
    const anyChange = fc.record({
      gap: fc.integer({ min: 1, max: 999 }),
      replicas: fc.integer({ min: 1, max: 4 }),
      ready: fc.nat(2),
    });
    const anyChanges = fc.array(anyChange, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyChanges, fc.nat(9_999), fc.nat(3_000), (all, askedMs, waitedMs) => {
        let atMs = 0;
        const planted = all.map(({ gap, replicas, ready }) => {
          atMs += gap;
          return change(atMs, replicas, { ready });
        });
        // Looked at millisecond by millisecond, apart from the rule's own way.
        let wasFull = false;
        for (let ms = askedMs; ms <= askedMs + waitedMs; ms++) {
          const now = planted.findLast((one) => one.atMs <= ms);
          if (now?.wanted === 4 && now.ready === 0) wasFull = true;
        }
        const asked = [refused(askedMs, askedMs + waitedMs)];
        const rules = rulesOf({ ...GOOD, rests: [], changes: planted, asked });
        expect(rules.includes("refused while there was room")).toBe(!wasFull);
      }),
      { numRuns: 50 },
    );
  });
});
