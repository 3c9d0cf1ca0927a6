import { describe, expect, it } from "vitest";
import { msOf } from "../parts/actions/duration.ts";
import { touchedOf } from "../parts/actions/use-touched.ts";
import { askedOf } from "../parts/record/record-filter.tsx";
import { withEvents } from "../parts/record/use-events.ts";
import { keptBy } from "../parts/tables/filter.tsx";
import { queryText } from "./call.ts";
import { failureOf } from "./failure.ts";
import { topicOf } from "./live.ts";
import { pathOf } from "./paths.ts";
import { applyChange } from "./rows.ts";
import type { Row } from "./wire.ts";

const row = (name: string, more: Partial<Row> = {}): Row => ({
  ...{ uid: name, name, state: "Ready", createdAtMs: 0 },
  ...more,
});

describe("rows", () => {
  it("follow what the stream says: new, changed, gone", () => {
    const rows = new Map<string, Row>();
    applyChange(rows, { changed: [row("a"), row("b")] });
    applyChange(rows, { changed: [row("a", { state: "Allocated" })], gone: ["b", "never there"] });
    expect([...rows.values()]).toEqual([row("a", { state: "Allocated" })]);
  });

  it("are no more than a page holds: what is new is left out, what is known changes", () => {
    const rows = new Map<string, Row>();
    applyChange(rows, { changed: [row("a"), row("b"), row("c")] }, 2);
    applyChange(rows, { changed: [row("b", { state: "Closed" }), row("d")], gone: ["a"] }, 2);
    expect([...rows.keys()]).toEqual(["b", "d"]);
    expect(rows.get("b")?.state).toBe("Closed");
  });

  it("are kept by a part of the name, reason or message, and by exact fields", () => {
    const rows = [
      row("arena-1", { fleet: "arena" }),
      row("arena-2", { fleet: "arena", state: "Allocated" }),
      row("maps-1", { fleet: "maps", message: "no node has room for the ARENA" }),
    ];
    const names = (query: Record<string, string>): string[] =>
      keptBy(rows, query).map(({ name }) => name);
    expect(names({})).toEqual(["arena-1", "arena-2", "maps-1"]);
    expect(names({ q: " Arena " })).toEqual(["arena-1", "arena-2", "maps-1"]);
    expect(names({ fleet: "arena", state: "Allocated" })).toEqual(["arena-2"]);
    expect(names({ q: "x" })).toEqual([]);
  });

  it("tell how many players an action touches", () => {
    const rows = [
      row("a", { state: "Allocated", players: 3 }),
      row("b", { state: "Reserved", players: 1 }),
      row("c"),
    ];
    expect(touchedOf(rows)).toEqual({ servers: 3, held: 2, players: 4 });
  });
});

describe("what is asked of the server", () => {
  it("leaves out what is not given", () => {
    expect(queryText({ a: 1, b: undefined, c: "", d: "x y&z" })).toBe("?a=1&d=x+y%26z");
    expect(queryText({})).toBe("");
    expect(queryText()).toBe("");
  });

  it("has its kind's path, and no name can leave it", () => {
    expect(pathOf("Fleet", { namespace: "default", name: "a/../b", part: "scale" })).toBe(
      "/apis/agones.dev/v1/namespaces/default/fleets/a%2F..%2Fb/scale",
    );
    expect(pathOf("Node", { namespace: "x", name: "vm" })).toBe("/apis/flotilla.dev/v1/nodes/vm");
    expect(pathOf("Room")).toBe("/apis/flotilla.dev/v1/rooms");
  });

  it("has times in milliseconds; what is no time is left out", () => {
    const from = "2026-11-28T10:00";
    expect(askedOf({ from, to: "soon", kind: "Fleet" })).toEqual({
      kind: "Fleet",
      from: String(Date.parse(from)),
    });
  });

  it.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["2h", 7_200_000],
    ["10", undefined],
    ["-1m", undefined],
    ["", undefined],
  ])("takes %s as a time of %s ms", (text, ms) => {
    expect(msOf(text)).toBe(ms);
  });
});

describe("what comes back", () => {
  it("belongs to the topic that it was asked by", () => {
    expect(topicOf("rows", { kind: "Fleet" })).toBe("rows:Fleet");
    expect(topicOf("samples", { kind: "Node", name: "vm" })).toBe("samples:Node//vm");
    expect(topicOf("overview", {})).toBe("overview");
  });

  it("is a failure with its fields, or with nothing when it was none of ours", () => {
    const causes = [{ field: "spec.replicas", message: "must be a number" }];
    const body = { message: "invalid", reason: "Invalid", details: { causes } };
    expect(failureOf(422, body, "7")).toMatchObject({
      ...{ status: 422, message: "invalid", reason: "Invalid", causes, retryAfterSeconds: 7 },
    });
    for (const odd of [undefined, null, "<html>", [], { details: 7 }, { details: { causes: "x" } }])
      expect(failureOf(502, odd, null)).toMatchObject({ status: 502, message: "", causes: [] });
  });

  it("is each event once, the newest first, a repeated one with its new count", () => {
    const event = (name: string, lastTimestamp: string, count = 1) =>
      ({ metadata: { namespace: "d", name }, lastTimestamp, count }) as never;
    const old = [event("a", "2026-01-01T00:00:01Z"), event("b", "2026-01-01T00:00:00Z")];
    expect(withEvents(old, [event("b", "2026-01-01T00:00:02Z", 2)])).toMatchObject([
      { metadata: { name: "b" }, count: 2 },
      { metadata: { name: "a" } },
    ]);
  });
});
