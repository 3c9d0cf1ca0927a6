import { describe, expect, it } from "vitest";
import { specOfRequest } from "./allocator-request.ts";

describe("a request of the allocator service as a spec", () => {
  it.each([
    ["numbers as strings, as its JSON has them", "7"],
    ["plain numbers", 7],
    ["numbers in messages of one field, as its protocol buffer has them", { value: "7" }],
  ])("has what is done to Counters and Lists, from %s", (_, seven) => {
    const input = {
      counters: { rooms: { action: "Increment", amount: seven, capacity: seven } },
      lists: { players: { addValues: ["a"], deleteValues: ["b"], capacity: seven } },
    };
    expect(specOfRequest(input)).toEqual({
      counters: { rooms: { action: "Increment", amount: 7, capacity: 7 } },
      lists: { players: { addValues: ["a"], deleteValues: ["b"], capacity: 7 } },
    });
  });

  it("has the conditions on Counters and Lists of its selectors", () => {
    const counters = { rooms: { minCount: "1", maxAvailable: 9 } };
    const lists = { players: { containsValue: "ann", minAvailable: "2" } };
    expect(specOfRequest({ gameServerSelectors: [{ counters, lists }] })).toEqual({
      selectors: [
        {
          counters: { rooms: { minCount: 1, maxAvailable: 9 } },
          lists: { players: { containsValue: "ann", minAvailable: 2 } },
        },
      ],
    });
  });

  it("takes the words of priorities as words, as numbers, and as the first of each when they are not set", () => {
    const priorities = [
      { key: "a" },
      { type: 1, key: "b", order: 1 },
      { type: "List", key: "c", order: "Ascending" },
      { type: 2, key: "d" },
    ];
    expect(specOfRequest({ priorities })).toEqual({
      priorities: [
        { type: "Counter", key: "a", order: "Ascending" },
        { type: "List", key: "b", order: "Descending" },
        { type: "List", key: "c", order: "Ascending" },
        { type: 2, key: "d", order: "Ascending" },
      ],
    });
  });

  it("takes a message of one field without it as 0 or nothing, which is how those travel", () => {
    const counters = { rooms: { action: {}, amount: {}, capacity: null } };
    expect(specOfRequest({ counters })).toEqual({ counters: { rooms: { action: "", amount: 0 } } });
  });

  it("leaves out tables and lists without entries: they travel as what is not set", () => {
    const empty = { priorities: [], counters: {}, lists: {} };
    expect(specOfRequest({ ...empty, gameServerSelectors: [empty] })).toEqual({
      selectors: [{ priorities: [] }],
    });
  });

  it.each([
    ["a number too long to be one", "12345678901234567"],
    ["a number with a point", "1.5"],
    ["a word", "many"],
  ])("hands on %s as it is, for the check to name it", (_, amount) => {
    const counters = { rooms: { amount } };
    expect(specOfRequest({ counters })).toEqual({ counters });
  });
});
