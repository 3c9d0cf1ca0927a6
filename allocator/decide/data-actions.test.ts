import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AllocationSpec } from "../../core/model/allocation.ts";
import type { Counters, Lists } from "../../core/model/game-server.ts";
import { applyDataActions } from "./data-actions.ts";
import { serverOf } from "./servers.fixture.ts";

type Actions = Pick<AllocationSpec, "counters" | "lists">;
const apply = (found: { counters?: Counters; lists?: Lists }, actions: Actions) =>
  applyDataActions(serverOf(found).status, actions);

/** Agones' tables TestGameServerCounterActions and TestGameServerListActions. */
describe("what an allocation does to counters and lists", () => {
  // biome-ignore format: a table is read by its rows
  it.each<[string, [number, number], object, [number, number]]>([
    ["increments", [0, 10], { action: "Increment", amount: 1 }, [1, 10]],
    ["increments up to the capacity", [9, 10], { action: "Increment", amount: 5 }, [10, 10]],
    ["decrements", [9, 10], { action: "Decrement", amount: 2 }, [7, 10]],
    ["decrements down to nothing", [1, 10], { action: "Decrement", amount: 5 }, [0, 10]],
    ["changes the capacity", [1, 10], { capacity: 4 }, [1, 4]],
    ["cuts the count to a smaller capacity", [9, 10], { capacity: 4 }, [4, 4]],
    ["changes the capacity first", [9, 10], { capacity: 100, action: "Increment", amount: 20 }, [29, 100]],
    ["cuts, then decrements", [9, 10], { capacity: 4, action: "Decrement", amount: 1 }, [3, 4]],
  ])("%s", (_, [count, capacity], action, [after, room]) => {
    const counters = { rooms: { count, capacity }, other: { count: 1, capacity: 2 } };
    expect(apply({ counters }, { counters: { rooms: action } })).toEqual({
      delta: { counters: { rooms: { count: after, capacity: room } } },
      problems: [],
    });
  });

  // biome-ignore format: a table is read by its rows
  it.each<[string, string[], number, object, string[], number]>([
    ["adds at the end", ["a"], 3, { addValues: ["b", "c"] }, ["a", "b", "c"], 3],
    ["leaves out what is there", ["a"], 3, { addValues: ["a", "b", "b"] }, ["a", "b"], 3],
    ["adds what fits", ["a"], 2, { addValues: ["b", "c"] }, ["a", "b"], 2],
    ["takes out what is there", ["a", "b"], 3, { deleteValues: ["a", "z"] }, ["b"], 3],
    ["adds, then takes out", ["a"], 3, { addValues: ["b"], deleteValues: ["a", "b"] }, [], 3],
    ["changes the capacity first", ["a"], 1, { capacity: 2, addValues: ["b"] }, ["a", "b"], 2],
    ["cuts to a smaller capacity", ["a", "b", "c"], 3, { capacity: 2 }, ["a", "b"], 2],
  ])("%s", (_, values, capacity, action, after, room) => {
    const lists = { players: { values, capacity } };
    expect(apply({ lists }, { lists: { players: action } })).toEqual({
      delta: { lists: { players: { values: after, capacity: room } } },
      problems: [],
    });
  });

  it("says what is not there, and does the rest", () => {
    const counters = { rooms: { action: "Increment", amount: 1 }, none: { capacity: 1 } } as const;
    const found = { counters: { rooms: { count: 0, capacity: 1 } } };
    expect(apply(found, { counters, lists: { players: { addValues: ["a"] } } })).toEqual({
      delta: { counters: { rooms: { count: 1, capacity: 1 } } },
      problems: ["the game server has no counter none", "the game server has no list players"],
    });
  });

  it("keeps every counter and list within its bounds, whatever is asked", () => {
    const some = (max: number) => fc.option(fc.nat(max), { nil: undefined });
    const name = fc.constantFrom("a", "b", "c", "d", "e");
    const names = fc.array(name);
    const counter = fc.record({
      action: fc.option(fc.constantFrom("Increment" as const, "Decrement" as const), {
        nil: undefined,
      }),
      amount: some(20),
      capacity: some(10),
    });
    const list = fc.record({ addValues: names, deleteValues: names, capacity: some(6) });
    fc.assert(
      fc.property(
        counter,
        list,
        fc.nat(10),
        fc.uniqueArray(name, { maxLength: 4 }),
        (c, l, count, values) => {
          const { delta } = apply(
            { counters: { c: { count, capacity: 10 } }, lists: { l: { values, capacity: 4 } } },
            { counters: { c: c as never }, lists: { l: l as never } },
          );
          const rooms = delta.counters?.c ?? expect.fail("it is there");
          const players = delta.lists?.l ?? expect.fail("it is there");
          expect(rooms.count).toBeGreaterThanOrEqual(0);
          expect(rooms.count).toBeLessThanOrEqual(rooms.capacity);
          expect(players.values.length).toBeLessThanOrEqual(players.capacity);
          expect(new Set(players.values).size).toBe(players.values.length);
        },
      ),
    );
  });
});
