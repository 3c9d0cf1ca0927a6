import { Gauge } from "prom-client";
import type { AggregatedCounter } from "../core/model/fleet.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Metrics } from "./metrics.ts";

/** Agones' words for the four sums of a Counter or a List. */
const SUMS = {
  allocated_count: "allocatedCount",
  allocated_capacity: "allocatedCapacity",
  total_count: "count",
  total_capacity: "capacity",
} as const satisfies Record<string, keyof AggregatedCounter>;
/** Games name their own: of very many the first are shown. */
const SERIES_MAX = 1_000;

/** The Counters and Lists of fleets, summed over their game servers, read from the store at each scrape. */
export function showFleetSums(store: ResourceStore, { registry }: Pick<Metrics, "registry">): void {
  for (const [what, field] of [
    ["counter", "counters"],
    ["list", "lists"],
  ] as const)
    new Gauge({
      name: `agones_fleet_${field}`,
      help: `Each ${what} of a fleet, summed over its game servers, by what is summed.`,
      labelNames: ["name", "namespace", "type", what],
      registers: [registry],
      collect() {
        this.reset();
        const sums = store.list("Fleet").flatMap(({ metadata: { name, namespace }, status }) =>
          Object.entries(status[field] ?? {}).map(([key, sum]) => ({
            name,
            namespace,
            key,
            sum,
          })),
        );
        for (const { name, namespace, key, sum } of sums.slice(0, SERIES_MAX))
          for (const [type, member] of Object.entries(SUMS))
            this.set({ name, namespace, type, [what]: key }, sum[member]);
      },
    });
}
