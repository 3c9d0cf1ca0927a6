import { describe, expect, it } from "vitest";
import type { GameServerSelector } from "../../core/model/allocation.ts";
import { compileFit, compileValues } from "./fit.ts";
import { type ServerOptions, serverOf } from "./servers.fixture.ts";

const rooms = (count: number, capacity: number): ServerOptions => ({
  counters: { rooms: { count, capacity } },
});
const players = (capacity: number, ...values: string[]): ServerOptions => ({
  lists: { players: { capacity, values } },
});
const counter = (bounds: object): GameServerSelector => ({ counters: { rooms: bounds } });
const list = (bounds: object): GameServerSelector => ({ lists: { players: bounds } });

function fits(selector: GameServerSelector, options: ServerOptions): boolean {
  const server = serverOf(options);
  const hasValues = compileValues(selector) ?? (() => true);
  return compileFit("default", selector)(server) && hasValues(server);
}

/** Agones' tables TestGameServerSelectorMatches, and what is ours: nobody gets a server that is to end. */
describe("a selector", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, GameServerSelector, ServerOptions, boolean]>([
    ["takes any Ready server when it says nothing", {}, {}, true],
    ["does not take one in another state", {}, { state: "Allocated" }, false],
    ["takes an Allocated one when it asks for that", { gameServerState: "Allocated" }, { state: "Allocated" }, true],
    ["does not take a Ready one when it asks for Allocated", { gameServerState: "Allocated" }, {}, false],
    ["does not take one of another namespace", {}, { namespace: "other" }, false],
    ["takes one with its labels", { matchLabels: { map: "a" } }, { labels: { map: "a", mode: "b" } }, true],
    ["does not take one with other labels", { matchLabels: { map: "a" } }, { labels: { map: "b" } }, false],
    ["takes one by an expression", { matchExpressions: [{ key: "map", operator: "In", values: ["a", "b"] }] }, { labels: { map: "b" } }, true],
    ["does not take one that an expression leaves out", { matchExpressions: [{ key: "map", operator: "DoesNotExist" }] }, { labels: { map: "b" } }, false],
    ["does not take one that is being deleted", {}, { isDeleting: true }, false],
    ["does not take one that is to end with its players", { gameServerState: "Allocated" }, { state: "Allocated", isDraining: true }, false],
    ["takes a counter with room", counter({ minAvailable: 1 }), rooms(9, 10), true],
    ["does not take a counter that is full", counter({ minAvailable: 1 }), rooms(10, 10), false],
    ["does not take one without the counter", counter({ minAvailable: 0 }), {}, false],
    ["does not find a counter by a name that every object has", { counters: { constructor: {} } }, rooms(0, 1), false],
    ["takes a count within its bounds", counter({ minCount: 2, maxCount: 4 }), rooms(4, 10), true],
    ["does not take a count below", counter({ minCount: 2 }), rooms(1, 10), false],
    ["does not take a count above", counter({ maxCount: 4 }), rooms(5, 10), false],
    ["knows no most when that is 0", counter({ maxCount: 0, maxAvailable: 0 }), rooms(5, 1_000), true],
    ["does not take more room than it wants", counter({ maxAvailable: 3 }), rooms(5, 10), false],
    ["wants all of its counters", { counters: { rooms: { minAvailable: 1 }, level: { minCount: 1 } } }, rooms(0, 1), false],
    ["takes a list with room", list({ minAvailable: 2 }), players(3, "a"), true],
    ["does not take a list that is full", list({ minAvailable: 1 }), players(1, "a"), false],
    ["does not take one without the list", list({}), {}, false],
    ["does not take a list with more room than it wants", list({ maxAvailable: 1 }), players(3, "a"), false],
    ["takes a list that has a value", list({ containsValue: "b" }), players(3, "a", "b"), true],
    ["does not take a list that has not", list({ containsValue: "c" }), players(3, "a", "b"), false],
    ["takes a value of nothing for none", list({ containsValue: "" }), players(3), true],
  ])("%s", (_, selector, options, expected) => {
    expect(fits(selector, options)).toBe(expected);
  });
});
