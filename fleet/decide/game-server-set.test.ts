import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
} from "../../core/model/game-server-state.ts";
import { decideBroken, decideGameServerSet, pickSurplus } from "./game-server-set.ts";
import { aliveOf, tallyOf } from "./tally.ts";

const LIMITS = { creationsMax: 4, shutdownsMax: 4, startingMax: 6 };
const tallied = (states: readonly GameServerState[]) =>
  tallyOf((state) => states.filter((one) => one === state).length);

/** A server as removal sees it. */
function serverIn(state: GameServerState, name: string, nodeName = "a"): GameServer {
  const metadata = { name, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
  return { kind: "GameServer", metadata, status: { state, nodeName } } as unknown as GameServer;
}

describe("decideGameServerSet", () => {
  it("makes what is missing but for those that crashed at once and wait", () => {
    const { create } = decideGameServerSet(5, tallied(["Ready"]), LIMITS, 3);
    expect(create).toBe(1);
    expect(decideGameServerSet(2, tallied(["Ready"]), LIMITS, 3).create).toBe(0);
  });

  it.each([
    ["fills an empty set up to the limit of one pass", 30, [], { create: 4, remove: 0 }],
    [
      "waits while enough servers are starting",
      9,
      Array(6).fill("Creating"),
      { create: 0, remove: 0 },
    ],
    ["replaces a broken server", 1, ["Unhealthy"], { create: 1, remove: 0 }],
    [
      "makes nothing anew for one in Error before its delay is over",
      2,
      ["Error", "Ready"],
      { create: 0, remove: 0 },
    ],
    ["removes no working server for one in Error", 1, ["Error", "Ready"], { create: 0, remove: 0 }],
    ["counts a held server", 2, ["Allocated", "Ready"], { create: 0, remove: 0 }],
    ["does not count one on its way out", 1, ["Shutdown"], { create: 1, remove: 0 }],
    ["has nothing to do for an empty set of none", 0, [], { create: 0, remove: 0 }],
    ["adds what is missing", 3, ["Ready"], { create: 2, remove: 0 }],
    [
      "adds no more than may be starting at once",
      30,
      ["Creating", "PortAllocation", "Starting", "Scheduled"],
      { create: 2, remove: 0 },
    ],
    [
      "adds while others are still leaving",
      4,
      ["Shutdown", "Shutdown", "Ready"],
      { create: 3, remove: 0 },
    ],
    [
      "removes no more than the limit of one pass",
      1,
      Array(6).fill("Ready"),
      { create: 0, remove: 4 },
    ],
    ["removes what is too many", 1, ["Ready", "Ready", "Starting"], { create: 0, remove: 2 }],
  ] as [string, number, GameServerState[], object][])("%s", (_, replicas, states, expected) => {
    expect(decideGameServerSet(replicas, tallied(states), LIMITS)).toEqual(expected);
  });

  it("never creates and removes in one pass, and never beyond what is wanted", () => {
    const states = fc.array(fc.constantFrom(...GAME_SERVER_STATE_NAMES), { maxLength: 40 });
    fc.assert(
      fc.property(fc.nat(50), states, (replicas, given) => {
        const tally = tallied(given);
        const { create, remove } = decideGameServerSet(replicas, tally, LIMITS);
        expect(Math.min(create, remove)).toBe(0);
        expect(aliveOf(tally) + create).toBeLessThanOrEqual(Math.max(replicas, aliveOf(tally)));
        expect(aliveOf(tally) - remove).toBeGreaterThanOrEqual(Math.min(replicas, aliveOf(tally)));
      }),
    );
  });
});

describe("pickSurplus", () => {
  it("leaves Allocated servers when a set is to have none", () => {
    const servers = [
      serverIn("Ready", "a"),
      serverIn("Allocated", "b"),
      serverIn("Allocated", "c"),
    ];
    const candidates = servers.map((server) => ({ server, nodeLoad: 0 }));
    const { remove } = decideGameServerSet(0, tallied(["Ready", "Allocated", "Allocated"]), LIMITS);
    const taken = pickSurplus(candidates, remove, { scheduling: "Packed", readyLast: false });
    expect(taken.map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  it("never takes a held server, whatever the set", () => {
    const states = fc.array(fc.constantFrom(...GAME_SERVER_STATE_NAMES), { maxLength: 40 });
    const policy = fc.constantFrom("Packed" as const, "Distributed" as const);
    fc.assert(
      fc.property(
        fc.nat(50),
        states,
        policy,
        fc.boolean(),
        (count, given, scheduling, readyLast) => {
          const candidates = given.map((state, i) => ({
            server: serverIn(state, `gs-${i}`),
            nodeLoad: i,
          }));
          const taken = pickSurplus(candidates, count, { scheduling, readyLast });
          expect(taken.filter(({ status }) => GAME_SERVER_STATES[status.state].held)).toEqual([]);
        },
      ),
    );
  });
});

describe("decideBroken", () => {
  it("replaces an Unhealthy server at once and one in Error after the delay", () => {
    expect(decideBroken(serverIn("Unhealthy", "a"), 0, 30_000).remove).toBe(true);
    // A clock that was set back must not make it wait for the difference.
    expect(decideBroken(serverIn("Error", "a"), -60_000, 30_000).remove).toBe(true);
    expect(decideBroken(serverIn("Error", "a"), 10_000, 30_000)).toMatchObject({
      remove: false,
      retryInMs: 20_000,
    });
    expect(decideBroken(serverIn("Error", "a"), 30_000, 30_000).remove).toBe(true);
  });
});
