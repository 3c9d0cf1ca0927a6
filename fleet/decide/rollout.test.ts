import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fleet, GameServerSet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES, type GameServerState } from "../../core/model/game-server-state.ts";
import { decideFleet, isActive } from "./fleet.ts";
import { decideGameServerSet, pickSurplus } from "./game-server-set.ts";
import { floorOf, surgeOf } from "./rollout.ts";
import { aliveOf, availableOf, heldOf, type Tally, tallyOf } from "./tally.ts";

type Share = number | string;
interface Given {
  readonly replicas: number;
  readonly maxSurge: Share;
  readonly maxUnavailable: Share;
}
function fleetOf({ replicas, ...rollingUpdate }: Given, version: number, type = "RollingUpdate") {
  const strategy = { type, rollingUpdate };
  const spec = { replicas, strategy, scheduling: "Packed", template: { spec: { version } } };
  return { metadata: {}, spec } as unknown as Fleet;
}

describe("the bounds of a rolling update", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["shares: the surge is rounded up, the unavailable down", 10, 0, "25%", "25%", 3, 8],
    ["a small share is still one", 3, 0, "10%", "10%", 1, 2],
    ["numbers stand as they are", 10, 0, 4, 5, 4, 5],
    ["a share is one of the free servers, not of the held", 100, 90, "25%", "30%", 25, 7],
    ["the last free server stays until another is Ready", 10, 9, "25%", "25%", 3, 1],
    ["the last one stays, however many may be unavailable", 2, 0, 9, 9, 9, 1],
    ["of none, none is kept", 0, 0, "25%", "25%", 1, 0],
    ["when all are held, none is kept", 3, 4, "25%", "25%", 1, 0],
  ] as const)("%s", (_, replicas, held, maxSurge, maxUnavailable, surge, floor) => {
    const fleet = fleetOf({ replicas, maxSurge, maxUnavailable }, 1);
    expect([surgeOf(fleet), floorOf(fleet, held)]).toEqual([surge, floor]);
  });
});

/** `R3 A2 S1` of a set with a spec of its own. */
type Row = readonly [spec: number, states: string];
const STATES: Readonly<Record<string, GameServerState>> = {
  R: "Ready",
  A: "Allocated",
  S: "Starting",
  V: "Reserved",
  U: "Unhealthy",
};
function setOf(name: string, version: number, [replicas, states]: Row) {
  const counts = new Map(
    states.split(" ").map((word) => [STATES[word[0] ?? ""], Number(word.slice(1))]),
  );
  const metadata = { name, creationTimestamp: `2026-01-01T00:00:0${version}Z` };
  const spec = { replicas, scheduling: "Packed", template: { spec: { version } } };
  return {
    set: { metadata, spec } as unknown as GameServerSet,
    tally: tallyOf((state) => counts.get(state) ?? 0),
  };
}

/** What one decision asks of an old and a new set. */
function targetsOf(fleet: Fleet, old: Row, fresh: Row): { old: number; new: number } {
  const now = { old: old[0], new: fresh[0] };
  for (const action of decideFleet(fleet, [setOf("old", 1, old), setOf("new", 2, fresh)])) {
    if (action.do === "scaleSet")
      Object.assign(now, { [action.set.metadata.name]: action.replicas });
    if (action.do === "deleteSet") Object.assign(now, { [action.set.metadata.name]: 0 });
  }
  return now;
}

describe("a step of a rolling update", () => {
  const quarter = { maxSurge: "25%", maxUnavailable: "25%" };
  it.each([
    [
      "grows by the surge and by what old servers left",
      10,
      [8, "R8"],
      [3, "R3"],
      { old: 5, new: 5 },
    ],
    [
      "counts servers on their way below the ceiling",
      10,
      [8, "R8"],
      [3, "R1 S2"],
      { old: 7, new: 5 },
    ],
    ["keeps old servers while new ones are broken", 10, [8, "R8"], [3, "U3"], { old: 8, new: 3 }],
    ["waits until unready old servers are gone", 10, [10, "R4 S6"], [3, "R3"], { old: 5, new: 3 }],
    ["makes room for held servers of the old set", 10, [6, "A6"], [4, "R4"], { old: 0, new: 4 }],
    [
      "never counts below zero when more are held than wanted",
      4,
      [9, "A9"],
      [0, ""],
      { old: 0, new: 0 },
    ],
    [
      "leaves a Reserved server alone like an Allocated one",
      4,
      [3, "V1 R2"],
      [1, "R1"],
      { old: 2, new: 2 },
    ],
    ["ends all of a fleet that is to have none", 0, [5, "R5"], [2, "R2"], { old: 0, new: 0 }],
    ["follows more replicas in the middle", 20, [6, "R6"], [4, "R4"], { old: 6, new: 19 }],
    ["follows fewer replicas in the middle", 4, [6, "R6"], [4, "R4"], { old: 0, new: 4 }],
    [
      "replaces an old server that crashed while new ones are broken",
      10,
      [8, "R7 U1"],
      [3, "S3"],
      { old: 8, new: 5 },
    ],
    [
      "fills the place of an old session that ended only as far as the floor lacks",
      10,
      [7, "R6"],
      [4, "R4"],
      { old: 4, new: 7 },
    ],
  ] as readonly [string, number, Row, Row, { old: number; new: number }][])(
    "%s",
    (_, replicas, old, fresh, expected) => {
      const fleet = fleetOf({ replicas, ...quarter }, 2);
      expect(targetsOf(fleet, old, fresh)).toEqual(expected);
    },
  );

  // biome-ignore format: a table is read by its columns
  it.each([
    ["begins", 100, [100, "R100"], [0, ""], { old: 70, new: 25 }],
    ["nearly through, some Allocated", 100, [10, "R5 A5"], [75, "R75"], { old: 0, new: 95 }],
    ["at the ceiling", 100, [95, "R95"], [25, "R25"], { old: 45, new: 30 }],
    ["few servers, some Allocated", 5, [5, "R3 A2"], [0, ""], { old: 4, new: 2 }],
    ["the new set makes room for Allocated ones", 75, [10, "R5 A5"], [75, "R75"], { old: 0, new: 70 }],
    ["does not take all that are Ready", 100, [100, "R10 A90"], [0, ""], { old: 97, new: 10 }],
    ["all of the old set Allocated", 100, [50, "A50"], [50, "R50"], { old: 0, new: 50 }],
    ["a fleet of none", 0, [3, "R3"], [0, ""], { old: 0, new: 0 }],
  ] as readonly [string, number, Row, Row, { old: number; new: number }][])(
    "is as Agones' own: %s",
    (_, replicas, old, fresh, expected) => {
      const fleet = fleetOf({ replicas, maxSurge: "25%", maxUnavailable: "30%" }, 2);
      expect(targetsOf(fleet, old, fresh)).toEqual(expected);
    },
  );

  it("keeps the version that works, not the broken one between, when a third comes", () => {
    const fleet = fleetOf({ replicas: 10, ...quarter }, 3);
    const sets = [setOf("good", 1, [8, "R8"]), setOf("broken", 2, [5, "S5"])];
    const said = decideFleet(fleet, sets).map((a) => ("replicas" in a ? [a.do, a.replicas] : a.do));
    expect(said).toEqual([
      ["createSet", 0],
      ["scaleSet", 0],
    ]);
  });
});

type Event =
  | {
      readonly what: "boot" | "allocate" | "endSession" | "crash" | "release";
      readonly pick: number;
    }
  | { readonly what: "roll"; readonly good: boolean }
  | { readonly what: "resize"; readonly replicas: number };

/** Fleet, sets and servers that do at once what was decided; which new servers work depends on their version. */
class Play {
  readonly given: Given;
  readonly type: string;
  fleet: Fleet;
  sets: GameServerSet[] = [];
  servers: { readonly server: GameServer; readonly set: string }[] = [];
  readonly good = new Set([1]);
  #version = 1;
  #made = 0;

  constructor(given: Given, type: string) {
    this.given = given;
    this.type = type;
    this.fleet = fleetOf(given, 1, type);
  }
  roll(good: boolean): void {
    this.#version++;
    if (good) this.good.add(this.#version);
    this.fleet = fleetOf(
      { ...this.given, replicas: this.fleet.spec.replicas },
      this.#version,
      this.type,
    );
  }
  resize(replicas: number): void {
    this.fleet = fleetOf({ ...this.given, replicas }, this.#version, this.type);
  }
  tally(set?: string): Tally {
    const of = this.servers.filter((one) => set === undefined || one.set === set);
    return tallyOf((state) => of.filter(({ server }) => server.status.state === state).length);
  }
  /** One pass of the fleet, then one of each set, as the queues have it. */
  pass(): void {
    const seen = this.sets.map((set) => ({ set, tally: this.tally(set.metadata.name) }));
    for (const action of decideFleet(this.fleet, seen)) {
      if (action.do === "createSet") this.#createSet(action.replicas);
      if (action.do === "deleteSet") this.#deleteSet(action.set.metadata.name);
      if (action.do === "scaleSet") this.#scale(action.set.metadata.name, action.replicas);
    }
    for (const { metadata, spec } of this.sets) this.#passSet(metadata.name, spec.replicas);
  }
  #createSet(replicas: number): void {
    const { set } = setOf(`set-${this.#version}-${this.#made++}`, this.#version, [replicas, ""]);
    this.sets.push(set);
  }
  #deleteSet(name: string): void {
    expect(aliveOf(this.tally(name))).toBe(0);
    this.sets = this.sets.filter(({ metadata }) => metadata.name !== name);
    this.servers = this.servers.filter(({ set }) => set !== name);
  }
  #scale(name: string, replicas: number): void {
    this.sets = this.sets.map((set) =>
      set.metadata.name === name ? { ...set, spec: { ...set.spec, replicas } } : set,
    );
  }
  #passSet(name: string, replicas: number): void {
    const limits = { creationsMax: 64, shutdownsMax: 64, startingMax: 256 };
    this.servers = this.servers.filter(
      (one) => one.set !== name || one.server.status.state !== "Unhealthy",
    );
    const { create, remove } = decideGameServerSet(replicas, this.tally(name), limits);
    const candidates = this.servers
      .filter((one) => one.set === name)
      .map(({ server }) => ({ server, nodeLoad: 0 }));
    const readyLast = this.sets.length > 1;
    const gone = new Set(pickSurplus(candidates, remove, { scheduling: "Distributed", readyLast }));
    for (const { status } of gone) expect(GAME_SERVER_STATES[status.state].held).toBe(false);
    this.servers = this.servers.filter(({ server }) => !gone.has(server));
    for (let i = 0; i < create; i++)
      this.servers.push({ server: serverIn("Starting", this.#made++), set: name });
  }
  become(
    from: readonly GameServerState[],
    pick: number,
    to: (set: string) => GameServerState | undefined,
  ): void {
    const fit = this.servers.filter(({ server }) => from.includes(server.status.state));
    const chosen = fit[pick % fit.length];
    if (!chosen) return;
    const state = to(chosen.set);
    this.servers = this.servers.flatMap((one) => {
      if (one !== chosen) return [one];
      if (state === undefined) return [];
      return [{ ...one, server: { ...one.server, status: { ...one.server.status, state } } }];
    });
  }
  boots(set: string): GameServerState {
    const version = Number(set.split("-")[1]);
    return this.good.has(version) ? "Ready" : "Unhealthy";
  }
  happen(event: Event): void {
    if (event.what === "roll") this.roll(event.good);
    if (event.what === "resize") this.resize(event.replicas);
    if (event.what === "boot") this.become(["Starting"], event.pick, (set) => this.boots(set));
    if (event.what === "allocate") this.become(["Ready"], event.pick, () => "Allocated");
    if (event.what === "release") this.become(["Allocated"], event.pick, () => "Ready");
    if (event.what === "endSession") this.become(["Allocated"], event.pick, () => undefined);
    if (event.what === "crash") this.become(["Ready", "Starting"], event.pick, () => "Unhealthy");
  }
}
function serverIn(state: GameServerState, n: number): GameServer {
  const metadata = { name: `gs-${n}`, creationTimestamp: "2026-01-01T00:00:00Z" };
  return { metadata, status: { state, nodeName: "a" } } as unknown as GameServer;
}

const share = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom("10%", "25%", "60%"));
const given = fc.record({ replicas: fc.nat(12), maxSurge: share, maxUnavailable: share });
const picks = fc.nat(50);
const happened: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant("boot" as const), pick: picks }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "allocate" as const,
        "endSession" as const,
        "crash" as const,
        "release" as const,
      ),
      pick: picks,
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("roll" as const), good: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant("resize" as const), replicas: fc.nat(12) }),
  },
);
const story = fc.array(happened, { maxLength: 80 });

describe("a rolling update, whatever happens in the middle", () => {
  it("ends nobody held, takes no more than allowed, adds no more than allowed", () => {
    fc.assert(
      fc.property(given, story, (bounds, events) => {
        const play = new Play(bounds, "RollingUpdate");
        for (const event of events) {
          play.happen(event);
          const before = play.tally();
          play.pass();
          // With the last old set gone it is a plain scale-down, in Agones' order.
          const isRollout = play.sets.some((set) => !isActive(play.fleet, set));
          const after = play.tally();
          expect(heldOf(after)).toBe(heldOf(before));
          const { replicas } = play.fleet.spec;
          const floor = Math.min(floorOf(play.fleet, heldOf(before)), before.Ready);
          if (isRollout) expect(after.Ready).toBeGreaterThanOrEqual(floor);
          const ceiling = Math.max(replicas + surgeOf(play.fleet), aliveOf(before));
          expect(aliveOf(after)).toBeLessThanOrEqual(ceiling);
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each(["RollingUpdate", "Recreate"])(
    "comes to its end with a version that works: %s",
    (type) => {
      fc.assert(
        fc.property(given, story, (bounds, events) => {
          const play = new Play(bounds, type);
          for (const event of events) {
            play.happen(event);
            play.pass();
          }
          play.roll(true);
          for (let i = 0; i < 60; i++) {
            play.pass();
            for (let n = aliveOf(play.tally()); n > 0; n--) play.happen({ what: "boot", pick: 0 });
          }
          const active = play.sets.find((set) => isActive(play.fleet, set));
          const fresh = play.tally(active?.metadata.name);
          const all = play.tally();
          const heldOld = heldOf(all) - heldOf(fresh);
          expect(availableOf(fresh)).toBe(Math.max(0, play.fleet.spec.replicas - heldOld));
          expect(aliveOf(all) - aliveOf(fresh)).toBe(heldOld);
          const empty = play.sets.filter(
            (set) => set !== active && aliveOf(play.tally(set.metadata.name)) === 0,
          );
          expect(empty).toEqual([]);
        }),
        { numRuns: 200 },
      );
    },
  );
});
