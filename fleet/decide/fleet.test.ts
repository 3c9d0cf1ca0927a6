import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import { decideFleet, type SetSeen } from "./fleet.ts";
import { aliveOf, availableOf, heldOf, tallyOf } from "./tally.ts";

type Type = "RollingUpdate" | "Recreate";
function fleetOf(replicas: number, image: string, type: Type = "RollingUpdate"): Fleet {
  const strategy = { type, rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };
  return { spec: { replicas, strategy, template: { spec: { image } } } } as unknown as Fleet;
}
function setOf(
  name: string,
  image: string,
  replicas: number,
  states: Partial<Record<GameServerState, number>>,
): SetSeen {
  const set = { metadata: { name }, spec: { replicas, template: { spec: { image } } } };
  return { set: set as unknown as GameServerSet, tally: tallyOf((state) => states[state] ?? 0) };
}
const said = (actions: ReturnType<typeof decideFleet>) =>
  actions.map((a) =>
    a.do === "createSet"
      ? `create ${a.replicas}`
      : a.do === "scaleSet"
        ? `${a.set.metadata.name} to ${a.replicas}`
        : `delete ${a.set.metadata.name}`,
  );

describe("decideFleet", () => {
  it("makes the first set with all replicas", () => {
    expect(said(decideFleet(fleetOf(3, "v1"), []))).toEqual(["create 3"]);
  });
  it("passes a plain change of replicas on at once", () => {
    expect(said(decideFleet(fleetOf(7, "v1"), [setOf("a", "v1", 3, { Ready: 3 })]))).toEqual([
      "a to 7",
    ]);
  });
  it("begins a rollout with the surge", () => {
    expect(said(decideFleet(fleetOf(8, "v2"), [setOf("a", "v1", 8, { Ready: 8 })]))).toEqual([
      "create 2",
    ]);
  });
  it("deletes an old set that has nothing left", () => {
    const seen = [setOf("a", "v1", 0, {}), setOf("b", "v2", 3, { Ready: 3 })];
    expect(said(decideFleet(fleetOf(3, "v2"), seen))).toEqual(["delete a"]);
  });
  it("leaves Allocated servers of an old set and counts them", () => {
    const seen = [setOf("a", "v1", 2, { Allocated: 2 }), setOf("b", "v2", 1, { Ready: 1 })];
    expect(said(decideFleet(fleetOf(3, "v2"), seen))).toEqual([]);
  });
  it("empties old sets before it fills the new one when it recreates", () => {
    const seen = [setOf("a", "v1", 3, { Ready: 2, Allocated: 1 }), setOf("b", "v2", 0, {})];
    expect(said(decideFleet(fleetOf(3, "v2", "Recreate"), seen))).toEqual(["a to 1"]);
  });

  const tallies = fc.record({
    Ready: fc.nat(9),
    Allocated: fc.nat(9),
    Starting: fc.nat(9),
    Unhealthy: fc.nat(3),
  });
  it("never asks a set for fewer than it holds, and never takes Ready below the floor", () => {
    fc.assert(
      fc.property(fc.nat(20), tallies, tallies, (replicas, old, fresh) => {
        const seen = [setOf("a", "v1", 9, old), setOf("b", "v2", 9, fresh)];
        const actions = decideFleet(fleetOf(replicas, "v2"), seen);
        const toOld = actions.find((a) => a.do === "scaleSet" && a.set.metadata.name === "a");
        if (toOld?.do !== "scaleSet") return;
        const tally = seen[0]?.tally ?? tallyOf(() => 0);
        expect(toOld.replicas).toBeGreaterThanOrEqual(heldOf(tally));
        const lost = Math.max(0, availableOf(tally) - toOld.replicas);
        const all = availableOf(tally) + availableOf(seen[1]?.tally ?? tally);
        const floor = replicas - Math.max(1, Math.ceil(replicas / 4));
        if (lost > 0) expect(all - lost).toBeGreaterThanOrEqual(Math.min(floor, all));
      }),
    );
  });

  it("ends every rollout in a model that obeys it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.nat(10), (replicas, held) => {
        let sets = [setOf("a", "v1", 30, { Ready: 30 - held, Allocated: held })];
        const fleet = fleetOf(replicas, "v2");
        for (let pass = 0; pass < 200; pass++) sets = obey(sets, decideFleet(fleet, sets));
        const fresh = sets.find(({ set }) => set.metadata.name === "b");
        expect(fresh ? aliveOf(fresh.tally) : 0).toBe(Math.max(0, replicas - held));
        expect(
          sets.filter(({ set }) => set.metadata.name === "a").map(({ tally }) => aliveOf(tally)),
        ).toEqual(held > 0 ? [held] : []);
      }),
      { numRuns: 60 },
    );
  });
});

/** Sets that do at once what they are told: never touching a held server. */
function obey(sets: readonly SetSeen[], actions: ReturnType<typeof decideFleet>): SetSeen[] {
  let next = [...sets];
  for (const action of actions) {
    if (action.do === "createSet") next.push(setOf("b", "v2", action.replicas, {}));
    if (action.do === "deleteSet") next = next.filter(({ set }) => set !== action.set);
    if (action.do === "scaleSet")
      next = next.map((one) =>
        one.set === action.set
          ? setOf(
              one.set.metadata.name,
              one.set.metadata.name === "a" ? "v1" : "v2",
              action.replicas,
              one.tally,
            )
          : one,
      );
  }
  return next.map(({ set, tally }) => {
    const held = heldOf(tally);
    return {
      set,
      tally: tallyOf((s) =>
        s === "Ready" ? Math.max(0, set.spec.replicas - held) : s === "Allocated" ? held : 0,
      ),
    };
  });
}
