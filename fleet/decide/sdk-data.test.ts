import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Counter, GameServer, List } from "../../core/model/game-server.ts";
import type { SdkDataVerb } from "../../core/model/sdk-data.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { decideSdkData } from "./sdk-data.ts";

const COUNTERS: Readonly<Record<string, Counter>> = {
  rooms: { count: 1, capacity: 10 },
  npcs: { count: 0, capacity: 0 },
};
const LISTS: Readonly<Record<string, List>> = {
  players: { capacity: 3, values: ["ann", "ben"] },
  full: { capacity: 1, values: ["ann"] },
};

function serverWith(more: Partial<GameServer["status"]> = {}): GameServer {
  const status = { state: "Ready", counters: COUNTERS, lists: LISTS, ...more };
  return { kind: "GameServer", metadata: { name: "one" }, status } as GameServer;
}

function outcome(call: SdkDataVerb): object | string {
  try {
    const { answer, change } = decideSdkData(serverWith(), call, "1");
    const member = call.verb === "counter" ? "counters" : "lists";
    const kept = change?.server.status[member]?.[call.name] ?? "unchanged";
    return kept === "unchanged" ? { ...answer, kept } : kept;
  } catch (error) {
    if (!isFleetError(error)) throw error;
    return `${error.code} ${error.message}`;
  }
}

const counter = (more: object, name = "rooms"): SdkDataVerb => ({ verb: "counter", name, ...more });
const list = (more: object, name = "players"): SdkDataVerb => ({ verb: "list", name, ...more });
const add = (value: string, name = "players"): SdkDataVerb => ({ verb: "addValue", name, value });
const take = (value: string, name = "players"): SdkDataVerb => {
  return { verb: "removeValue", name, value };
};

describe("a call on a Counter", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, SdkDataVerb, object | string]>([
    ["adds a difference", counter({ countDiff: 4 }), { count: 5, capacity: 10 }],
    ["takes a difference away", counter({ countDiff: -1 }), { count: 0, capacity: 10 }],
    ["sets the count", counter({ count: 10 }), { count: 10, capacity: 10 }],
    ["sets the capacity", counter({ capacity: 42 }), { count: 1, capacity: 42 }],
    ["cuts the count to a smaller capacity", counter({ capacity: 0 }), { count: 0, capacity: 0 }],
    ["does capacity, count and difference in this order", counter({ capacity: 42, count: 40, countDiff: 2 }), { count: 42, capacity: 42 }],
    ["refuses to go below 0", counter({ countDiff: -2 }), "OUT_OF_RANGE out of range. Count must be within range [0,Capacity]. Found Count: -1, Capacity: 10"],
    ["refuses to go over the capacity", counter({ countDiff: 10 }), "OUT_OF_RANGE out of range. Count must be within range [0,Capacity]. Found Count: 11, Capacity: 10"],
    ["refuses a count over the capacity", counter({ count: 106, capacity: 11 }), "OUT_OF_RANGE out of range. Count must be within range [0,Capacity]. Found Count: 106, Capacity: 11"],
    ["refuses a count below 0", counter({ count: -1 }), "OUT_OF_RANGE out of range. Count must be within range [0,Capacity]. Found Count: -1, Capacity: 10"],
    ["refuses a capacity below 0", counter({ capacity: -1 }), "OUT_OF_RANGE out of range. Capacity must be greater than or equal to 0. Found Capacity: -1"],
    ["takes a capacity of 0 for none, not for no bound", counter({ countDiff: 1 }, "npcs"), "OUT_OF_RANGE out of range. Count must be within range [0,Capacity]. Found Count: 1, Capacity: 0"],
    ["knows only the counters of the spec", counter({ count: 1 }, "dragons"), "NOT_FOUND counter not found: dragons"],
    ["does not take a word of the language for a counter", counter({ count: 1 }, "constructor"), "NOT_FOUND counter not found: constructor"],
    ["changes nothing when it is so already", counter({ count: 1 }), { count: 1, capacity: 10, kept: "unchanged" }],
  ])("%s", (_, call, expected) => {
    expect(outcome(call)).toEqual(expected);
  });

  it("keeps the count within the capacity, whatever is asked", () => {
    const whole = fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined });
    const anyCall = fc.record({ count: whole, capacity: whole, countDiff: whole });
    fc.assert(
      fc.property(fc.array(anyCall, { maxLength: 20 }), (calls) => {
        let server = serverWith();
        for (const [i, more] of calls.entries()) {
          const given = Object.entries(more).filter(([, value]) => value !== undefined);
          try {
            const call = counter(Object.fromEntries(given));
            server = decideSdkData(server, call, String(i)).change?.server ?? server;
          } catch (error) {
            expect(isFleetError(error, "OUT_OF_RANGE")).toBe(true);
          }
          const { count, capacity } = server.status.counters?.rooms ?? { count: -1, capacity: -1 };
          expect(count >= 0 && count <= capacity).toBe(true);
        }
      }),
    );
  });
});

describe("a call on a List", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, SdkDataVerb, object | string]>([
    ["adds a value at the end", add("cid"), { capacity: 3, values: ["ann", "ben", "cid"] }],
    ["refuses a value that is there", add("ann"), "ALREADY_EXISTS already exists. Value: ann already in List: players"],
    ["refuses a value when it is full, also one that is there", add("ann", "full"), "OUT_OF_RANGE out of range. No available capacity. Current Capacity: 1, List Size: 1"],
    ["refuses a value that is too long", add("x".repeat(1025)), "INVALID invalid argument. A value has 1025 characters, at most 1024 are kept"],
    ["refuses values that are too long together", list({ capacity: 1000, values: Array.from({ length: 65 }, (_, i) => `${i}`.padEnd(1024, "x")) }), "INVALID invalid argument. The values have 66560 characters, at most 65536 are kept"],
    ["removes a value", take("ann"), { capacity: 3, values: ["ben"] }],
    ["refuses to remove what is not there", take("eve"), "NOT_FOUND not found. Value: eve not found in List: players"],
    ["replaces the values, each once", list({ values: ["x", "ann", "x"] }), { capacity: 3, values: ["x", "ann"] }],
    ["empties it", list({ values: [] }), { capacity: 3, values: [] }],
    ["cuts values beyond the capacity", list({ values: ["a", "b", "c", "d"] }), { capacity: 3, values: ["a", "b", "c"] }],
    ["cuts values to a smaller capacity", list({ capacity: 1 }), { capacity: 1, values: ["ann"] }],
    ["sets both", list({ capacity: 10, values: ["test123", "test456"] }), { capacity: 10, values: ["test123", "test456"] }],
    ["refuses a capacity over 1000", list({ capacity: 1001 }), "OUT_OF_RANGE out of range. Capacity must be within range [0,1000]. Found Capacity: 1001"],
    ["refuses a capacity below 0", list({ capacity: -1 }), "OUT_OF_RANGE out of range. Capacity must be within range [0,1000]. Found Capacity: -1"],
    ["knows only the lists of the spec", list({ capacity: 1 }, "dragons"), "NOT_FOUND not found. dragons List not found"],
    ["adds to known lists only", add("a", "dragons"), "NOT_FOUND list not found: dragons"],
  ])("%s", (_, call, expected) => {
    expect(outcome(call)).toEqual(expected);
  });
});

/** Calls one after the other on a Counter 10/100 and a List of four; `x` marks those that are refused. */
describe("a row of calls ends as Agones' unit tests say", () => {
  const few = (...verbs: SdkDataVerb[]): readonly SdkDataVerb[] => verbs;
  const FOUR = ["one", "two", "three", "four"];
  const adds = (...values: string[]): SdkDataVerb[] => values.map((value) => add(value));
  const takes = (...values: string[]): SdkDataVerb[] => values.map((value) => take(value));
  // biome-ignore format: a table is read by its rows
  it.each<[string, readonly SdkDataVerb[], string, Counter | List]>([
    ["increment", few(counter({ countDiff: 9 })), ".", { count: 19, capacity: 100 }],
    ["increment illegal", few(counter({ countDiff: 100 })), "x", { count: 10, capacity: 100 }],
    ["decrement", few(counter({ countDiff: -1 })), ".", { count: 9, capacity: 100 }],
    ["decrement illegal", few(counter({ countDiff: -11 })), "x", { count: 10, capacity: 100 }],
    ["set capacity", few(counter({ capacity: 0 })), ".", { count: 0, capacity: 0 }],
    ["set capacity illegal", few(counter({ capacity: -1 })), "x", { count: 10, capacity: 100 }],
    ["set count", few(counter({ count: 42 })), ".", { count: 42, capacity: 100 }],
    ["set count illegal", few(counter({ count: 101 })), "x", { count: 10, capacity: 100 }],
    ["increment past set capacity illegal", few(counter({ capacity: 0 }), counter({ countDiff: 1 })), ".x", { count: 0, capacity: 0 }],
    ["decrement past set capacity illegal", few(counter({ capacity: 0 }), counter({ countDiff: -1 })), ".x", { count: 0, capacity: 0 }],
    ["setcapacity, setcount, and diffcount", few(counter({ capacity: 25, count: 0, countDiff: 25 })), ".", { count: 25, capacity: 25 }],
    ["add values, two of them twice", adds("five", "one", "five", "zero"), ".xx.", { capacity: 10, values: [...FOUR, "five", "zero"] }],
    ["add values past capacity", adds("5", "6", "7", "8", "9", "10", "11"), "......x", { capacity: 10, values: [...FOUR, "5", "6", "7", "8", "9", "10"] }],
    ["remove values, one of them twice", takes("two", "three", "two"), "..x", { capacity: 10, values: ["one", "four"] }],
    ["remove all values", takes("three", "two", "four", "one"), "....", { capacity: 10, values: [] }],
  ])("%s", (_, calls, refused, expected) => {
    let server = serverWith({
      counters: { rooms: { count: 10, capacity: 100 } },
      lists: { players: { capacity: 10, values: FOUR } },
    });
    const marks = calls.map((call, i) => {
      try {
        server = decideSdkData(server, call, String(i)).change?.server ?? server;
        return ".";
      } catch {
        return "x";
      }
    });
    const { counters, lists } = server.status;
    expect(marks.join("")).toBe(refused);
    expect("values" in expected ? lists?.players : counters?.rooms).toEqual(expected);
  });
});

describe("a call that comes again because its answer was lost", () => {
  it("is answered and not done twice", () => {
    const first = decideSdkData(serverWith(), counter({ countDiff: 1 }), "call-1");
    const { server } = first.change ?? expect.fail("it changes the count");
    expect(decideSdkData(server, counter({ countDiff: 1 }), "call-1")).toEqual({
      answer: { count: 2, capacity: 10 },
    });
    expect(decideSdkData(server, counter({ countDiff: 1 }), "call-2").answer).toEqual({
      count: 3,
      capacity: 10,
    });
  });

  it("changes no other part of the status, and says in its delta only what it changed", () => {
    const { change } = decideSdkData(serverWith(), add("cid"), "call-1");
    expect(change?.delta).toEqual({
      status: {
        lists: { players: { capacity: 3, values: ["ann", "ben", "cid"] } },
        lastSdkCall: "call-1",
      },
    });
    expect(change?.server.status.counters).toBe(COUNTERS);
    expect(change?.server.status.lists?.full).toBe(LISTS.full);
  });
});
