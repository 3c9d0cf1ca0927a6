import { describe, expect, it } from "vitest";
import type {
  FleetAutoscalerPolicy,
  PlayersPolicy,
  PolicyStatus,
} from "../../../core/model/fleet-autoscaler.ts";
import { parseRfc3339 } from "../../../core/std/clock.ts";
import { factsOf, readingsOf, sumOf } from "./facts.fixture.ts";
import { decidePolicy } from "./policy.ts";

const buffer = (bufferSize: number | string, minReplicas: number, maxReplicas: number) =>
  ({ type: "Buffer", buffer: { bufferSize, minReplicas, maxReplicas } }) as const;
const players = (more: Partial<PlayersPolicy>) =>
  ({
    type: "Players",
    players: { type: "List", key: "players", minReplicas: 0, maxReplicas: 50, ...more },
  }) as const;
const cpu = {
  type: "CPU",
  cpu: { meanPercent: 50, minReplicas: 1, maxReplicas: 50, staleAfterSeconds: 15 },
} as const;
const seats = (count: number, capacity = 1_000) =>
  ({
    template: { lists: { players: { values: [], capacity: 20 } } },
    lists: { players: sumOf(count, capacity) },
  }) as const;
const decide = (
  policy: FleetAutoscalerPolicy,
  more: Parameters<typeof factsOf>[0],
  last: readonly PolicyStatus[] = [],
) => decidePolicy(policy, factsOf(more), last, 0);

describe("Buffer", () => {
  it.each([
    ["keeps the buffer beyond the allocated ones", buffer(2, 0, 10), 3, 5, false],
    ["takes a percentage of all", buffer("20%", 1, 100), 40, 50, false],
    ["never goes under the floor", buffer(2, 5, 10), 0, 5, true],
    ["never goes over the ceiling", buffer(2, 0, 10), 20, 10, true],
    ["keeps the buffer with a floor of zero, as Agones does", buffer(3, 0, 10), 0, 3, false],
    ["rounds a percentage up", buffer("30%", 1, 100), 8, 12, false],
  ] as const)("%s", (_, policy, allocated, desired, limited) => {
    expect(decide(policy, { allocated })).toMatchObject({ desired, limited, applied: "Buffer" });
  });

  it("counts Reserved servers inside the buffer", () => {
    expect(decide(buffer(2, 0, 10), { allocated: 3, held: 5 })).toMatchObject({ desired: 5 });
  });
});

describe("Players", () => {
  it.each([
    ["opens a server per so many players", players({ perServer: 16 }), { ...seats(33) }, 3],
    [
      "fills servers to a share of their seats",
      players({ targetPercent: 80 }),
      { ...seats(33) },
      3,
    ],
    ["goes to zero without players", players({ perServer: 16 }), { ...seats(0) }, 0],
    [
      "wakes for requests that found no server",
      players({ perServer: 16 }),
      { ...seats(0), demand: 3 },
      3,
    ],
    [
      "opens one more than are held for a waiting request",
      players({ perServer: 16 }),
      { ...seats(4), held: 2, demand: 1 },
      3,
    ],
    ["never asks for fewer than are held", players({ perServer: 16 }), { ...seats(1), held: 7 }, 7],
    ["keeps the ceiling", players({ perServer: 1 }), { ...seats(400) }, 50],
  ] as const)("%s", (_, policy, more, desired) => {
    expect(decide(policy, more)).toMatchObject({ desired });
  });

  it.each([
    [{ ...seats(33) }, "33 players, 16 per server, want 3"],
    [{ ...seats(0), held: 1 }, "0 players, 16 per server, want 0, raised to 1 (1 held)"],
    [
      { ...seats(4), held: 2, demand: 1 },
      "4 players, 16 per server, want 1, raised to 3 (2 held and 1 waited for)",
    ],
  ])("says what it counted, and why it asks for more: %j", (more, message) => {
    expect(decide(players({ perServer: 16 }), more).policies[0]?.message).toBe(message);
  });

  it("counts rooms of a counter", () => {
    const policy = players({ type: "Counter", key: "rooms", perServer: 4 });
    const more = { template: { counters: { rooms: { count: 0, capacity: 8 } } } };
    expect(decide(policy, { ...more, counters: { rooms: sumOf(9, 80) } }).desired).toBe(3);
  });

  it.each([
    ["no numbers", Number.NaN],
    ["negative", -1],
    ["more than a hundred times the seats", 100_001],
  ])("stands with its last good wish while the counts are %s", (_, count) => {
    const policy = players({ perServer: 16 });
    const good = decide(policy, { ...seats(160), replicas: 12 });
    expect(good.desired).toBe(10);
    const bad = decide(policy, { ...seats(count), replicas: 12 }, good.policies);
    expect(bad).toMatchObject({ desired: 10, because: "MetricsAbsurd" });
    expect(bad.policies[0]).toMatchObject({ reason: "MetricsAbsurd", desiredReplicas: 10 });
  });

  it("stands with what is there when there was no good wish yet, and never below the held servers", () => {
    const policy = players({ perServer: 16 });
    const [first] = [decide(policy, { ...seats(-1), replicas: 12 })];
    expect(first?.desired).toBe(12);
    const more = { ...seats(-1), replicas: 12, held: 15 };
    expect(decide(policy, more, first?.policies).desired).toBe(15);
  });
});

describe("Max", () => {
  const both: FleetAutoscalerPolicy = {
    type: "Max",
    max: [
      { id: "spare", ...buffer(2, 0, 10) },
      { id: "players", ...players({ perServer: 10 }) },
      { id: "cpu", ...cpu },
    ],
  };

  it("takes the highest wish and tells all of them", () => {
    const facts = { ...seats(75), replicas: 4, allocated: 3, cpu: readingsOf(80, 80, 80, 80) };
    const decision = decide(both, facts);
    expect(decision).toMatchObject({ desired: 8, applied: "Max:players:Players" });
    expect(decision.policies.map(({ id, desiredReplicas }) => [id, desiredReplicas])).toEqual([
      ["spare", 5],
      ["players", 8],
      ["cpu", 7],
    ]);
  });

  it("removes nothing because one of its policies cannot see, and still grows for the others", () => {
    const busy = { ...seats(0), replicas: 4, cpu: readingsOf(80, 80, 80, 80) };
    const good = decide(both, busy);
    expect(good.desired).toBe(7);
    const blind = { ...busy, cpu: () => [undefined, undefined, undefined, undefined] };
    expect(decide(both, blind, good.policies)).toMatchObject({
      desired: 7,
      because: "MetricsMissing",
    });
    expect(decide(both, { ...blind, ...seats(95) }, good.policies)).toMatchObject({
      desired: 10,
      applied: "Max:players:Players",
    });
  });
});

describe("Chain", () => {
  const entry = {
    type: "Schedule",
    schedule: { between: { start: "2026-01-01T00:00:00Z" }, policy: buffer(9, 0, 20) },
  } as const;
  const chain: FleetAutoscalerPolicy = {
    type: "Chain",
    chain: [
      { id: "season", ...entry },
      { id: "players", ...players({ perServer: 10 }) },
      { id: "always", ...buffer(1, 0, 20) },
    ],
  };

  it("takes the first that can say a number", () => {
    const now = parseRfc3339("2026-06-01T00:00:00Z") ?? 0;
    const decision = decidePolicy(chain, factsOf(seats(30)), [], now);
    expect(decision).toMatchObject({ desired: 9, applied: "Chain:season:Schedule" });
  });

  it("passes over a schedule that does not hold and a policy that cannot see", () => {
    expect(decide(chain, seats(30))).toMatchObject({
      desired: 3,
      applied: "Chain:players:Players",
    });
    expect(decide(chain, seats(-1))).toMatchObject({ desired: 1, applied: "Chain:always:Buffer" });
  });

  it("changes nothing when none can say a number", () => {
    const none: FleetAutoscalerPolicy = { type: "Chain", chain: [{ id: "season", ...entry }] };
    expect(decide(none, { replicas: 6 })).toMatchObject({ desired: 6, because: "PolicyInactive" });
  });
});
