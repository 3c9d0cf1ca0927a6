import { describe, expect, it } from "vitest";
import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import { decideFleet } from "./fleet.ts";
import type { SetSeen } from "./rollout.ts";
import { tallyOf } from "./tally.ts";

type Type = "RollingUpdate" | "Recreate";
interface Wanted {
  readonly type?: Type;
  readonly paused?: boolean;
  readonly isEnding?: boolean;
  readonly scheduling?: string;
}
function fleetOf(replicas: number, image: string, wanted: Wanted = {}): Fleet {
  const {
    type = "RollingUpdate",
    paused = false,
    isEnding = false,
    scheduling = "Packed",
  } = wanted;
  const strategy = { type, rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };
  const metadata = isEnding ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {};
  const spec = { replicas, strategy, paused, scheduling, template: { spec: { image } } };
  return { metadata, spec } as unknown as Fleet;
}
function setOf(
  name: string,
  image: string,
  replicas: number,
  states: Partial<Record<GameServerState, number>>,
): SetSeen {
  const metadata = { name, creationTimestamp: `2026-01-01T00:00:0${image.slice(1)}Z` };
  const spec = { replicas, scheduling: "Packed", template: { spec: { image } } };
  const set = { metadata, spec } as unknown as GameServerSet;
  return { set, tally: tallyOf((state) => states[state] ?? 0) };
}
const said = (actions: ReturnType<typeof decideFleet>) =>
  actions.map((a) => {
    if (a.do === "createSet") return `create ${a.replicas}`;
    if (a.do === "scaleSet") return `${a.set.metadata.name} to ${a.replicas}`;
    return a.do === "removeFleet" ? "remove" : `${a.do.slice(0, -3)} ${a.set.metadata.name}`;
  });

describe("decideFleet", () => {
  it("makes the first set with all replicas", () => {
    expect(said(decideFleet(fleetOf(3, "v1"), []))).toEqual(["create 3"]);
  });
  it("passes a plain change of replicas on at once", () => {
    expect(said(decideFleet(fleetOf(7, "v1"), [setOf("a", "v1", 3, { Ready: 3 })]))).toEqual([
      "a to 7",
    ]);
  });
  it("begins a rollout with the surge, and lets go of what may be unavailable", () => {
    expect(said(decideFleet(fleetOf(8, "v2"), [setOf("a", "v1", 8, { Ready: 8 })]))).toEqual([
      "create 2",
      "a to 6",
    ]);
  });
  it("deletes an old set that has nothing left", () => {
    const seen = [setOf("a", "v1", 0, {}), setOf("b", "v2", 3, { Ready: 3 })];
    expect(said(decideFleet(fleetOf(3, "v2"), seen))).toEqual(["delete a"]);
  });
  it("leaves Allocated servers of an old set and counts them", () => {
    const seen = [setOf("a", "v1", 0, { Allocated: 2 }), setOf("b", "v2", 1, { Ready: 1 })];
    expect(said(decideFleet(fleetOf(3, "v2"), seen))).toEqual([]);
  });
  it("empties old sets before it fills the new one when it recreates", () => {
    const seen = [setOf("a", "v1", 3, { Ready: 2, Allocated: 1 }), setOf("b", "v2", 0, {})];
    expect(said(decideFleet(fleetOf(3, "v2", { type: "Recreate" }), seen))).toEqual(["a to 0"]);
    const empty = [setOf("a", "v1", 0, { Allocated: 1 }), setOf("b", "v2", 0, {})];
    expect(said(decideFleet(fleetOf(3, "v2", { type: "Recreate" }), empty))).toEqual(["b to 2"]);
  });
  it("takes nothing back from the new set when a server of an old one is free again", () => {
    const seen = [setOf("a", "v1", 0, { Ready: 1 }), setOf("b", "v2", 2, { Ready: 2 })];
    expect(said(decideFleet(fleetOf(3, "v2", { type: "Recreate" }), seen))).toEqual([]);
  });
  it("passes on what needs no rollout, to old sets too", () => {
    const seen = [setOf("a", "v1", 0, { Allocated: 1 }), setOf("b", "v2", 2, { Ready: 2 })];
    expect(said(decideFleet(fleetOf(3, "v2", { scheduling: "Distributed" }), seen))).toEqual([
      "configure a",
      "configure b",
    ]);
  });
});

describe("a paused fleet", () => {
  const paused = { paused: true };
  it("makes no set for a new template", () => {
    const seen = [setOf("a", "v1", 3, { Ready: 3 })];
    expect(said(decideFleet(fleetOf(3, "v2", paused), seen))).toEqual([]);
  });
  it("keeps its mix in the middle of a rollout", () => {
    const seen = [setOf("a", "v1", 6, { Ready: 6 }), setOf("b", "v2", 2, { Ready: 2 })];
    expect(said(decideFleet(fleetOf(8, "v2", paused), seen))).toEqual([]);
  });
  it("grows in its newest set and shrinks in its oldest, never below what is held", () => {
    const seen = [
      setOf("a", "v1", 3, { Ready: 1, Allocated: 2 }),
      setOf("b", "v2", 2, { Ready: 2 }),
    ];
    expect(said(decideFleet(fleetOf(9, "v2", paused), seen))).toEqual(["b to 6"]);
    expect(said(decideFleet(fleetOf(3, "v2", paused), seen))).toEqual(["a to 2", "b to 1"]);
    expect(said(decideFleet(fleetOf(0, "v2", paused), seen))).toEqual(["a to 2", "b to 0"]);
  });
  it("still begins: its first set is made", () => {
    expect(said(decideFleet(fleetOf(3, "v1", paused), []))).toEqual(["create 3"]);
  });
});

describe("a fleet that is deleted with a deadline", () => {
  const ending = { isEnding: true };
  it("keeps what is held, and goes with its last set", () => {
    const seen = [setOf("a", "v1", 3, { Ready: 1, Allocated: 2 }), setOf("b", "v2", 2, {})];
    expect(said(decideFleet(fleetOf(3, "v2", ending), seen))).toEqual(["a to 0", "delete b"]);
    const held = [setOf("a", "v1", 0, { Allocated: 2 })];
    expect(said(decideFleet(fleetOf(3, "v2", ending), held))).toEqual([]);
    expect(said(decideFleet(fleetOf(3, "v2", ending), []))).toEqual(["remove"]);
  });
});
