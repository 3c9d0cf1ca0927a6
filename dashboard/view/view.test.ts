import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agoText, bytesText, cut, digits, valueText } from "./format.ts";
import { GO_KEYS, meantBy } from "./keys.ts";
import { LINES_MAX, NO_LINES, withText } from "./log-lines.ts";
import { hashFor, hashOfObject, PAGES, routeOf } from "./route.ts";
import { stacked, summaryOf, withPoint } from "./series.ts";
import { shownRows } from "./table-window.ts";
import { partsOf, toneOf } from "./tones.ts";

describe("an address", () => {
  it.each([
    ["", { page: "overview", query: {} }],
    ["#/", { page: "overview", query: {} }],
    ["#/nowhere/x", { page: "overview", query: {} }],
    ["#/fleets/default/arena", { page: "fleets", namespace: "default", name: "arena", query: {} }],
    ["#/fleets/default", { page: "fleets", query: {} }],
    ["#/nodes/vm-1", { page: "nodes", name: "vm-1", query: {} }],
    [
      "#/gameservers?fleet=a&state=Ready",
      { page: "gameservers", query: { fleet: "a", state: "Ready" } },
    ],
    ["#/welcome/abc_-1", { page: "welcome", name: "abc_-1", query: {} }],
    ["#/nodes/%E0%A4%A", { page: "nodes", name: "%E0%A4%A", query: {} }],
  ])("%s leads to %j", (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });

  it("leads back to the route that it was made of, whatever the names are", () => {
    const text = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(text, text, text, (namespace, name, q) => {
        const route = { page: "fleets", namespace, name, query: { q } } as const;
        expect(routeOf(hashFor(route))).toEqual(route);
      }),
    );
  });

  it("is known for every kind with a page, and for no other", () => {
    expect(hashOfObject("GameServer", "a b", "ns")).toBe("#/gameservers/ns/a%20b");
    expect(hashOfObject("Node", "vm", "")).toBe("#/nodes/vm");
    expect(hashOfObject("Image", "arena")).toBeUndefined();
    expect(hashOfObject("Fleet", "")).toBeUndefined();
  });
});

describe("numbers", () => {
  it.each([
    [0, "milli", "0"],
    [1_500, "milli", "1.50"],
    [4.25, "milli", "4.25m"],
    [1_536, "bytes", "1.50 KiB"],
    [1_048_576, "bytesPerSecond", "1 MiB/s"],
    [0.5, "ms", "0.50 ms"],
    [2_500, "ms", "2.50 s"],
    [1_234_567, "count", "1,234,567"],
    [12.34, "percent", "12.3 %"],
    [7, "perSecond", "7/s"],
    [null, "count", "–"],
    [Number.NaN, "bytes", "–"],
  ] as const)("%s %s is told as %s", (value, unit, text) => {
    expect(valueText(value, unit)).toBe(text);
  });

  it("have three digits that say something", () => {
    expect([0.123, 9.999, 12.345, 123.4, 5_000].map(digits)).toEqual([
      "0.12",
      "10.00",
      "12.3",
      "123",
      "5,000",
    ]);
    expect(bytesText(5 * 1024 ** 5)).toBe("5 PiB");
    expect(agoText(undefined, 0)).toBe("–");
    expect(agoText(1_000, 91_000)).toBe("90s");
    expect(cut("abcdef", 4)).toBe("abc…");
  });
});

describe("keys", () => {
  it("lead to a page after a g, and mean nothing of that kind without it", () => {
    for (const [key, page] of Object.entries(GO_KEYS))
      expect(meantBy(key, "g")).toEqual({ do: "go", page });
    expect(meantBy("f", undefined)).toEqual({ do: "nothing" });
    expect(meantBy("g", undefined)).toEqual({ do: "wait" });
    expect(["?", "/", "j", "k", "x"].map((key) => meantBy(key, undefined).do)).toEqual([
      ...["help", "search", "next", "before", "nothing"],
    ]);
  });

  it("lead to every page but the one-time link", () => {
    const reached = Object.values(GO_KEYS).sort();
    expect(reached).toEqual(PAGES.filter((page) => page !== "welcome").sort());
  });
});

describe("series", () => {
  const two = { times: [1_000, 2_000], values: { a: [1, 2] } };

  it("take a newer point, also of a name that is new, and let go of what is old", () => {
    expect(withPoint(two, 3_000, { a: 3, b: 9 }, 1_500)).toEqual({
      times: [2_000, 3_000],
      values: { a: [2, 3], b: [null, 9] },
    });
    expect(withPoint(two, 60_000, { a: 4 }, 1_000)).toEqual({
      times: [60_000],
      values: { a: [4] },
    });
  });

  it("are not changed by a point that is not newer", () => {
    expect(withPoint(two, 2_000, { a: 7 }, 9_000)).toBe(two);
  });

  it("are told by their last, least and largest number, gaps left out", () => {
    expect(summaryOf([null, 5, 1, 7, null])).toEqual({ last: 7, min: 1, max: 7 });
    expect(summaryOf([null])).toEqual({ last: null, min: null, max: null });
    expect(summaryOf()).toEqual({ last: null, min: null, max: null });
  });

  it("stand on each other without hiding a gap", () => {
    expect(
      stacked([
        [1, null, 3],
        [10, 20, 30],
      ]),
    ).toEqual([
      [1, null, 3],
      [11, 20, 33],
    ]);
  });
});

describe("a long table", () => {
  it("never shows more than its window and some beyond, and its heights add up", () => {
    const size = fc.nat({ max: 20_000 });
    fc.assert(
      fc.property(size, fc.nat({ max: 1_000_000 }), (count, top) => {
        const { from, until, above, below } = shownRows(count, 44, top, 600);
        expect(until - from).toBeLessThanOrEqual(Math.ceil(600 / 44) + 18);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(above + below + Math.max(0, until - from) * 44).toBeGreaterThanOrEqual(count * 44);
      }),
    );
  });
});

describe("states", () => {
  it("have one tone each; what is not known is not loud", () => {
    expect(
      ["Ready", "Allocated", "Creating", "Unhealthy", "Ready,Draining", "New"].map(toneOf),
    ).toEqual(["ready", "allocated", "starting", "broken", "ready", "leaving"]);
  });

  it("of a fleet add up to its servers, also while the numbers are of different moments", () => {
    const count = ({ replicas, ready }: { replicas: number; ready: number }): number =>
      partsOf({ replicas, ready, allocated: 0, reserved: 0 }).reduce((sum, p) => sum + p.count, 0);
    expect(count({ replicas: 5, ready: 3 })).toBe(5);
    expect(count({ replicas: 2, ready: 3 })).toBe(3);
  });
});

describe("a log", () => {
  it("is lines, whatever pieces it comes in", () => {
    const all = ["one\ntw", "o\n\nthr", "ee\nfour"].reduce(withText, NO_LINES);
    expect(all).toEqual({ lines: ["one", "two", "", "three"], rest: "four", dropped: 0 });
  });

  it("keeps the newest lines, and says how many went", () => {
    const text = Array.from({ length: LINES_MAX + 7 }, (_, i) => `${i}\n`).join("");
    const { lines, dropped } = withText(NO_LINES, text);
    expect([lines.length, lines[0], dropped]).toEqual([LINES_MAX, "7", 7]);
  });

  it("has no colours of terminals, and no line without an end", () => {
    expect(withText(NO_LINES, "\u001b[31mred\u001b[0m\u0007\n").lines).toEqual(["red"]);
    expect(withText(NO_LINES, "x".repeat(100_000)).rest.length).toBeLessThan(5_000);
  });
});
