import { describe, expect, it } from "vitest";
import type { Fleet, GameServerSet } from "../core/model/fleet.ts";
import { rolloutProgress } from "./rollout-progress.ts";

interface Counts {
  readonly spec: number;
  readonly alive: number;
  readonly ready?: number;
  readonly allocated?: number;
}
const fleetOf = (replicas: number, more: object = {}, metadata: object = {}) =>
  ({
    metadata: { name: "arena", uid: "1", ...metadata },
    spec: { replicas, template: { spec: { image: "v2" } }, ...more },
  }) as unknown as Fleet;
const setOf = (image: string, { spec, alive, ready = 0, allocated = 0 }: Counts, uid = "1") =>
  ({
    metadata: { ownerReferences: [{ uid }] },
    spec: { replicas: spec, template: { spec: { image } } },
    status: {
      replicas: alive,
      readyReplicas: ready,
      allocatedReplicas: allocated,
      reservedReplicas: 0,
    },
  }) as unknown as GameServerSet;
const stage = (fleet: Fleet, ...sets: readonly GameServerSet[]): string =>
  rolloutProgress(fleet, sets).stage;

describe("rolloutProgress", () => {
  const done = setOf("v2", { spec: 3, alive: 3, ready: 3 });
  it("has ended when the new set is full and nothing old is left", () => {
    expect(rolloutProgress(fleetOf(3), [done])).toEqual({
      stage: "ended",
      sentence: "fleet arena is rolled out: 3 of 3 new",
    });
  });
  it("has ended, too, while held servers of older revisions play on", () => {
    const old = setOf("v1", { spec: 0, alive: 1, allocated: 1 });
    const fresh = setOf("v2", { spec: 2, alive: 2, ready: 1, allocated: 1 });
    expect(rolloutProgress(fleetOf(3), [old, fresh])).toEqual({
      stage: "ended",
      sentence: "fleet arena is rolled out: 2 of 2 new; 1 held of older revisions",
    });
  });
  it.each([
    ["the new set is not made yet", [setOf("v1", { spec: 3, alive: 3, ready: 3 })]],
    ["its status is older than its last step", [setOf("v2", { spec: 3, alive: 2, ready: 2 })]],
    ["it is full, but not yet asked for all", [setOf("v2", { spec: 2, alive: 2, ready: 2 })]],
    ["old servers are still there", [done, setOf("v1", { spec: 0, alive: 2, ready: 2 })]],
    [
      "the full set is of another fleet of that name",
      [setOf("v2", { spec: 3, alive: 3, ready: 3 }, "0")],
    ],
  ])("goes on when %s", (_, sets) => {
    expect(stage(fleetOf(3), ...sets)).toBe("rolling");
  });
  it("says that it is paused or deleted", () => {
    const half = setOf("v2", { spec: 1, alive: 1, ready: 1 });
    expect(stage(fleetOf(3, { paused: true }), half)).toBe("paused");
    expect(stage(fleetOf(3, { paused: true }), done)).toBe("ended");
    expect(stage(fleetOf(3, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }), done)).toBe(
      "deleted",
    );
  });
});
