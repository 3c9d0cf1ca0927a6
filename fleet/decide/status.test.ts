import { describe, expect, it } from "vitest";
import type { FleetStatus } from "../../core/model/fleet.ts";
import { mergePatch } from "../../core/std/json.ts";
import { addRoomSums } from "./room-sums.ts";
import { fleetStatusOf, statusDelta } from "./status.ts";
import { tallyOf } from "./tally.ts";

const SUM = { allocatedCount: 0, allocatedCapacity: 0, count: 1, capacity: 10 };
const withCounters = (...names: string[]): FleetStatus => {
  const counters = Object.fromEntries(names.map((name) => [name, SUM]));
  const tally = tallyOf(() => 0);
  return fleetStatusOf(tally, { counters, lists: {} });
};

describe("the status of a fleet", () => {
  it("says nothing of Counters and Lists where there are none", () => {
    expect(
      Object.keys(
        fleetStatusOf(
          tallyOf(() => 0),
          addRoomSums([]),
        ),
      ),
    ).toEqual(["replicas", "readyReplicas", "reservedReplicas", "allocatedReplicas"]);
  });

  it.each([
    ["the same names", withCounters("a"), withCounters("a"), true],
    ["one more", withCounters("a"), withCounters("a", "b"), true],
    ["one less", withCounters("a", "b"), withCounters("a"), false],
    ["one less that every object has", withCounters("valueOf"), withCounters("a"), false],
    ["none any more", withCounters("a"), withCounters(), false],
    ["another", withCounters("a"), withCounters("b"), false],
  ])("is written as a patch only where a patch can say it: %s", (_, old, next, isPatch) => {
    const delta = statusDelta(old, next);
    expect(delta !== undefined).toBe(isPatch);
    if (delta) expect(mergePatch({ status: old }, delta)).toEqual({ status: next });
  });
});
