import { Counter, Gauge, Histogram } from "prom-client";
import type { Kinds } from "../../core/model/resource.ts";
import type { MetricName } from "../../core/model/samples.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { Metrics } from "../metrics.ts";
import type { LiveSamples } from "./live-samples.ts";

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly kind: "Fleet" | "Service" | "Node";
  readonly metric: MetricName;
  /** From our unit to Prometheus' (cores, bytes). */
  readonly factor: number;
}
const SHOWN: readonly Shown[] = (["Fleet", "Service", "Node"] as const).flatMap((kind) => {
  const of = kind.toLowerCase();
  const whose = kind === "Node" ? "the machine" : `the containers of a ${of}`;
  const cpu = { name: `flotilla_${of}_cpu_cores`, help: `CPU that ${whose} uses.` };
  const memory = { name: `flotilla_${of}_memory_bytes`, help: `Memory that ${whose} uses.` };
  return [
    { ...cpu, kind, metric: "cpu" as const, factor: 1e-3 },
    { ...memory, kind, metric: "memory" as const, factor: 1 },
  ];
});
const MORE: readonly Shown[] = [
  {
    ...{ name: "flotilla_fleet_players", help: "Players on the servers of a fleet." },
    ...{ kind: "Fleet", metric: "players", factor: 1 },
  },
  {
    ...{
      name: "flotilla_fleet_players_max",
      help: "Players that the servers of a fleet have room for.",
    },
    ...{ kind: "Fleet", metric: "playersMax", factor: 1 },
  },
  {
    ...{
      name: "flotilla_node_load1",
      help: "Processes that ran or waited for a core, mean of a minute.",
    },
    ...{ kind: "Node", metric: "load", factor: 1 },
  },
  {
    ...{ name: "flotilla_node_containers", help: "Containers that a node measures." },
    ...{ kind: "Node", metric: "containers", factor: 1 },
  },
];
/** Seconds; an append takes tenths of a millisecond on a good disk. */
const APPEND_BUCKETS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1];

/** Numbers of the last second of fleets, services and nodes, and what measuring costs. */
export function showSamples(
  samples: LiveSamples,
  store: ResourceStore,
  { registry }: Metrics,
): void {
  for (const { name, help, kind, metric, factor } of [...SHOWN, ...MORE])
    new Gauge({
      ...{ name, help, registers: [registry] },
      labelNames: kind === "Node" ? ["node"] : ["namespace", kind.toLowerCase()],
      collect() {
        this.reset();
        for (const one of store.list(kind)) {
          const { namespace, name: subject } = one.metadata;
          const value = samples.last(`${kind}/${namespace}/${subject}`, metric);
          if (!Number.isNaN(value)) this.set(labelsOf(kind, namespace, subject), value * factor);
        }
      },
    });
  showCost(samples, registry);
}

function labelsOf(kind: keyof Kinds, namespace: string, name: string): Record<string, string> {
  return kind === "Node" ? { node: name } : { namespace, [kind.toLowerCase()]: name };
}

function showCost(samples: LiveSamples, registry: Metrics["registry"]): void {
  const registers = [registry];
  new Gauge({
    ...{ name: "flotilla_samples_containers", help: "Containers that have series.", registers },
    collect() {
      this.set(samples.cost.containers);
    },
  });
  new Gauge({
    ...{ name: "flotilla_samples_bytes", help: "Memory of all series.", registers },
    collect() {
      this.set(samples.cost.bytes);
    },
  });
  new Counter({
    ...{ name: "flotilla_samples_seconds_total", help: "Time spent on keeping series.", registers },
    collect() {
      this.reset();
      this.inc(samples.cost.busyMs / 1_000);
    },
  });
  new Counter({
    name: "flotilla_samples_refused_total",
    help: "Measurements of containers that found no place: there were too many.",
    registers,
    collect() {
      this.reset();
      this.inc(samples.cost.refused);
    },
  });
}

/** How long the journal takes for each group of commits; told by who appends. */
export function appendHistogram({ registry }: Metrics): (ms: number) => void {
  const histogram = new Histogram({
    name: "flotilla_store_append_duration_seconds",
    help: "Time from a group of commits to its durability.",
    buckets: APPEND_BUCKETS,
    registers: [registry],
  });
  return (ms) => histogram.observe(ms / 1_000);
}
