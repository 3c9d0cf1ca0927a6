import type { AggregatedCounter } from "../../../core/model/fleet.ts";
import type { GameServer } from "../../../core/model/game-server.ts";
import type { CpuReadings, FleetFacts } from "./want.ts";

/** A fleet of which nothing is said, but for `more`. */
export function factsOf(more: Partial<FleetFacts>): FleetFacts {
  return {
    current: more.replicas ?? 0,
    replicas: 0,
    allocated: 0,
    held: more.allocated ?? 0,
    template: {},
    counters: {},
    lists: {},
    removable: () => [],
    cpu: () => [],
    webhook: () => undefined,
    cpuBasisMilli: 1_000,
    demand: 0,
    ...more,
  };
}

/** Servers in the order of their removal, each with so much of a counter or list. */
export function serversWith(
  what: "counters" | "lists",
  key: string,
  rooms: readonly (readonly [count: number, capacity: number])[],
): () => readonly GameServer[] {
  const servers = rooms.map(([count, capacity]) => {
    const values = Array.from({ length: count }, (_, i) => String(i));
    const room = what === "counters" ? { count, capacity } : { values, capacity };
    return { status: { [what]: { [key]: room } } } as unknown as GameServer;
  });
  return () => servers;
}

export function sumOf(
  count: number,
  capacity: number,
  allocatedCount: number = 0,
  allocatedCapacity: number = 0,
): AggregatedCounter {
  return { count, capacity, allocatedCount, allocatedCapacity };
}

/** Fresh readings of so many percent of one core. */
export function readingsOf(...percents: readonly number[]): () => CpuReadings {
  return () => percents.map((percent) => ({ milli: percent * 10, ageMs: 0 }));
}
