import { describe, expect, it } from "vitest";
import type { CapacityPolicy } from "../../../core/model/fleet-autoscaler.ts";
import { decideCapacity } from "./capacity.ts";
import { factsOf, serversWith, sumOf } from "./facts.fixture.ts";

const policy = (
  bufferSize: number | string,
  minCapacity: number,
  maxCapacity: number,
): CapacityPolicy => ({ key: "rooms", bufferSize, minCapacity, maxCapacity });

interface Row {
  readonly what: string;
  readonly policy: CapacityPolicy;
  /** Replicas, count and capacity of the template, sums of the fleet. */
  readonly replicas: number;
  readonly each: readonly [count: number, capacity: number];
  readonly sum: ReturnType<typeof sumOf>;
  readonly removable?: readonly (readonly [number, number])[];
  readonly wants: readonly [desired: number, limited: boolean];
}

// biome-ignore format: a table is read by its columns
const ROWS: readonly Row[] = [
  // Agones' table of the Counter policy.
  { what: "grows until the buffer is free again", policy: policy(10, 10, 100), replicas: 10, each: [0, 7], sum: sumOf(68, 70), wants: [12, false] },
  { what: "grows no further than the most room", policy: policy(10, 10, 100), replicas: 14, each: [0, 7], sum: sumOf(98, 98), wants: [14, true] },
  { what: "keeps one server when even that has more than the most room", policy: policy(1, 0, 2), replicas: 1, each: [0, 7], sum: sumOf(7, 7), removable: [[7, 7]], wants: [1, true] },
  { what: "shrinks to the buffer, which is also the most room", policy: policy(5, 1, 5), replicas: 3, each: [0, 5], sum: sumOf(0, 15), removable: [[0, 5], [0, 5], [0, 5]], wants: [1, false] },
  { what: "grows to the least room, whatever the buffer", policy: policy("10%", 50, 100), replicas: 3, each: [0, 10], sum: sumOf(20, 30), wants: [5, true] },
  { what: "grows to a share of all room", policy: policy("30%", 10, 100), replicas: 10, each: [0, 1], sum: sumOf(8, 10, 8, 10), wants: [12, false] },
  { what: "counts what a new server begins with", policy: policy("50%", 10, 100), replicas: 3, each: [3, 10], sum: sumOf(20, 30, 20, 30), wants: [5, false] },
  { what: "shrinks while the buffer stays free", policy: policy(5, 10, 100), replicas: 3, each: [7, 10], sum: sumOf(21, 30), removable: [[7, 10], [7, 10], [7, 10]], wants: [2, false] },
  { what: "stays when the buffer is met", policy: policy(5, 0, 100), replicas: 4, each: [0, 5], sum: sumOf(15, 20), wants: [4, false] },
  { what: "stays at the least room", policy: policy(5, 20, 100), replicas: 4, each: [0, 5], sum: sumOf(0, 20), removable: [[0, 5]], wants: [4, true] },
  { what: "shrinks to the least room", policy: policy(1, 10, 100), replicas: 4, each: [0, 5], sum: sumOf(3, 20), removable: [[0, 5], [0, 5], [0, 5], [3, 5]], wants: [2, true] },
  { what: "is content with one server when a share of nothing is asked for", policy: policy("20%", 1, 50), replicas: 3, each: [2, 10], sum: sumOf(15, 30), wants: [1, true] },
  // Ours.
  { what: "begins a fleet that has no server", policy: policy(12, 0, 100), replicas: 0, each: [0, 5], sum: sumOf(0, 0), wants: [3, false] },
  { what: "removes no held server, so that it stops where only those are left", policy: policy(1, 0, 100), replicas: 6, each: [0, 10], sum: sumOf(0, 60), removable: [[0, 10], [0, 10]], wants: [4, false] },
  { what: "asks for the same while the servers of the last wish are being made", policy: policy(10, 0, 100), replicas: 3, each: [0, 5], sum: sumOf(10, 15), wants: [4, false] },
];

describe("decideCapacity", () => {
  it.each(ROWS)("$what", ({ policy: given, replicas, each, sum, removable = [], wants }) => {
    const [count, capacity] = each;
    const counter = decideCapacity(
      "Counter",
      given,
      factsOf({
        replicas,
        template: { counters: { rooms: { count, capacity } } },
        counters: { rooms: sum },
        removable: serversWith("counters", "rooms", removable),
      }),
    );
    const [desired, limited] = wants;
    expect(counter).toMatchObject({ desired, limited });
    const values = Array.from({ length: count }, (_, i) => `value-${i}`);
    const list = decideCapacity(
      "List",
      given,
      factsOf({
        replicas,
        template: { lists: { rooms: { values, capacity } } },
        lists: { rooms: sum },
        removable: serversWith("lists", "rooms", removable),
      }),
    );
    expect(list).toMatchObject({ desired, limited });
  });

  it("asks for no fewer than are held, also when nothing is in them", () => {
    const facts = factsOf({
      replicas: 5,
      allocated: 3,
      template: { counters: { rooms: { count: 0, capacity: 10 } } },
      counters: { rooms: sumOf(0, 50, 0, 30) },
    });
    expect(decideCapacity("Counter", policy("20%", 1, 50), facts)).toMatchObject({ desired: 3 });
  });

  it("takes servers of different sizes away one by one, as Agones' table of the List policy does", () => {
    const removable = serversWith("lists", "rooms", [
      ...([
        [0, 10],
        [0, 10],
        [0, 10],
        [4, 10],
        [1, 10],
      ] as const),
      ...([
        [1, 8],
        [1, 4],
        [8, 8],
      ] as const),
    ]);
    const facts = factsOf({
      replicas: 8,
      template: { lists: { rooms: { values: ["one"], capacity: 10 } } },
      lists: { rooms: sumOf(15, 70) },
      removable,
    });
    expect(decideCapacity("List", policy(10, 10, 70), facts)).toMatchObject({
      desired: 3,
      limited: false,
    });
  });

  it.each([
    ["a template without the counter", { counters: {} }, [0, 0], "PolicyUnusable"],
    [
      "a server that begins full",
      { counters: { rooms: { count: 5, capacity: 5 } } },
      [5, 5],
      "PolicyUnusable",
    ],
    [
      "sums that cannot be",
      { counters: { rooms: { count: 0, capacity: 5 } } },
      [-3, 5],
      "MetricsAbsurd",
    ],
    [
      "sums that are no numbers",
      { counters: { rooms: { count: 0, capacity: 5 } } },
      [Number.NaN, 5],
      "MetricsAbsurd",
    ],
  ] as const)("says no number with %s", (_, template, [count, capacity], because) => {
    const facts = factsOf({ replicas: 1, template, counters: { rooms: sumOf(count, capacity) } });
    expect(decideCapacity("Counter", policy(10, 0, 100), facts)).toMatchObject({ because });
  });
});
