import { describe, expect, it } from "vitest";
import { KIND_NAMES, made, NOW } from "./admit-inputs.ts";
import { ageOf, formatDuration } from "./age.ts";
import { COLUMNS, type Column } from "./columns.ts";
import type { Resource } from "./resource.ts";

const FIVE_MINUTES_LATER = 1_767_225_600_000 + 5 * 60_000;
const rowOf = <R>(columns: readonly Column<R>[], resource: R, isWide = false): string =>
  columns
    .filter((column) => isWide || !column.wide)
    .map(({ name, value }) => `${name}=${value(resource, FIVE_MINUTES_LATER)}`)
    .join(" ");

describe("a duration for people", () => {
  // biome-ignore format: a table is read by its rows
  it.each([
    [0, "0s"], [999, "0s"], [90, "0s"], [90_000, "90s"], [120_000, "2m"], [330_000, "5m30s"], [5_400_000, "90m"],
    [10_800_000, "3h"], [12_000_000, "3h20m"], [108_000_000, "30h"], [273_600_000, "3d4h"], [864_000_000, "10d"],
    [200 * 86_400_000, "200d"], [760 * 86_400_000, "2y30d"], [9 * 365 * 86_400_000, "9y"], [-5_000, "0s"],
  ])("%j ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("is unknown when the time is", () => {
    expect([ageOf(undefined, 0), ageOf("soon", 0)]).toEqual(["<unknown>", "<unknown>"]);
  });
});

describe("counters and lists in a wide table", () => {
  it("are shown as what is used of what there is, of a server and of a fleet", () => {
    const server = made("GameServer");
    const counters = { rooms: { count: 3, capacity: 4 } };
    const lists = {
      players: { capacity: 8, values: ["ann"] },
      spectators: { capacity: 0, values: [] },
    };
    const status = { ...server.status, counters, lists };
    const row = rowOf(COLUMNS.GameServer, { ...server, status }, true);
    expect(row).toContain("COUNTERS=rooms:3/4 LISTS=players:1/8,spectators:0/0");
    const fleet = made("Fleet");
    const sum = { allocatedCount: 3, allocatedCapacity: 4, count: 5, capacity: 12 };
    const summed = { ...fleet, status: { ...fleet.status, counters: { rooms: sum } } };
    expect(rowOf(COLUMNS.Fleet, summed, true)).toContain("COUNTERS=rooms:5/12 LISTS= ");
  });
});

describe("the columns of a kind", () => {
  it.each(KIND_NAMES)("show a new %s without gaps in words", (kind) => {
    const columns = COLUMNS[kind] as readonly Column<Resource>[];
    const cells = columns.map(({ value }) => value(made(kind), FIVE_MINUTES_LATER));
    for (const cell of cells) expect(cell).not.toMatch(/undefined|NaN|\[object/);
    expect(cells[0]).toBe("arena");
    expect(
      columns[columns.findIndex(({ name }) => name === "AGE")]?.value(
        made(kind),
        FIVE_MINUTES_LATER,
      ),
    ).toBe("5m");
  });

  it("are those that kubectl shows for Agones' kinds", () => {
    const server = made("GameServer");
    const ports = [
      { name: "game", port: 7001 },
      { name: "", port: 7002 },
    ];
    const status = {
      ...server.status,
      state: "Ready" as const,
      address: "1.2.3.4",
      nodeName: "n1",
      ports,
    };
    expect(rowOf(COLUMNS.GameServer, { ...server, status })).toBe(
      "NAME=arena STATE=Ready ADDRESS=1.2.3.4 PORT=7001 NODE=n1 AGE=5m",
    );
    expect(rowOf(COLUMNS.GameServer, { ...server, status }, true)).toContain(
      "PORTS=game:7001,7002",
    );
    expect(rowOf(COLUMNS.Fleet, made("Fleet"))).toBe(
      "NAME=arena SCHEDULING=Packed DESIRED=3 CURRENT=0 ALLOCATED=0 READY=0 AGE=5m",
    );
  });

  it("say when a server or container is on its way out, and a node that takes nothing", () => {
    const leaving = <R extends Resource>(one: R): R => ({
      ...one,
      metadata: { ...one.metadata, deletionTimestamp: NOW },
    });
    expect(rowOf(COLUMNS.GameServer, leaving(made("GameServer")))).toContain("STATE=Terminating");
    expect(rowOf(COLUMNS.Container, leaving(made("Container")))).toContain("PHASE=Terminating");
    const node = made("Node", { spec: { unschedulable: true } });
    expect(rowOf(COLUMNS.Node, node)).toContain("STATUS=NotReady,SchedulingDisabled");
  });

  it("show what happened, to what, and how long ago", () => {
    const event = {
      apiVersion: "flotilla.dev/v1",
      kind: "Event",
      metadata: made("Fleet").metadata,
      type: "Normal",
      reason: "ScaleUp",
      message: "created 2",
      involvedObject: { kind: "Fleet", namespace: "default", name: "arena" },
      count: 3,
      firstTimestamp: NOW,
      lastTimestamp: "2026-01-01T00:04:00Z",
    } as const;
    expect(rowOf(COLUMNS.Event, event)).toBe(
      "LAST SEEN=60s TYPE=Normal REASON=ScaleUp OBJECT=fleet/arena MESSAGE=created 2",
    );
  });
});
