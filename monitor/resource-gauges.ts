import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { FLEET_LABEL, type FleetStatus } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import type { Resource } from "../core/model/resource.ts";
import type { Index, ResourceStore } from "../store/resource-store.ts";
import { showAutoscalers } from "./autoscaler-gauges.ts";
import { showFleetSums } from "./fleet-sums.ts";
import type { Metrics } from "./metrics.ts";
import { StateDurations } from "./state-durations.ts";

const LABELS = ["type", "fleet_name", "namespace"] as const;
type StateLabels = Record<(typeof LABELS)[number], string>;
const TOTALS_MAX = 10_000;
/** Agones' own, in whole game servers. */
const PER_NODE = [...Array(17).keys(), 32, 40, 50, 60, 70, 80, 90, 100, 110, 120];

const REPLICAS = {
  total: "replicas",
  ready: "readyReplicas",
  reserved: "reservedReplicas",
  allocated: "allocatedReplicas",
} as const satisfies Record<string, keyof FleetStatus>;

/**
 * Gauges of what the store holds. Game servers are counted as they change, not when somebody scrapes: a hundred
 * thousand of them cost a scrape nothing.
 */
export class ResourceGauges implements Disposable {
  readonly #store: ResourceStore;
  readonly #watch: Disposable;
  readonly #durations: StateDurations;
  /** By namespace, fleet and state. */
  readonly #counts = new Map<string, Map<string, Map<string, number>>>();

  /** How often each state was come into, by the labels' values. */
  readonly #totals = new Map<string, { readonly labels: StateLabels; times: number }>();
  /** Game servers by node. */
  readonly #onNodes: Index<"GameServer">;

  constructor(store: ResourceStore, { registry }: Pick<Metrics, "registry">) {
    this.#store = store;
    this.#onNodes = store.index("GameServer", ({ status }) => status.nodeName);
    for (const server of store.list("GameServer")) this.#count(server, 1);
    this.#watch = store.onHead((before, after) => this.#changed(before, after));
    const registers = [registry];
    const gauges = this;
    new Gauge({
      name: "agones_gameservers_count",
      help: "Game servers by fleet, namespace and state.",
      labelNames: LABELS,
      registers,
      collect() {
        gauges.#collectServers(this);
      },
    });
    new Gauge({
      name: "agones_fleets_replicas_count",
      help: "Replicas of a fleet by what they are.",
      labelNames: ["name", "namespace", "type"],
      registers,
      collect() {
        gauges.#collectFleets(this);
      },
    });
    new Gauge({
      name: "agones_nodes_count",
      help: "Nodes by whether they are empty of game servers.",
      labelNames: ["empty"],
      registers,
      collect() {
        gauges.#collectNodes(this);
      },
    });
    new Gauge({
      name: "flotilla_nodes",
      help: "Nodes by whether they are heard of.",
      labelNames: ["ready"],
      registers,
      collect() {
        gauges.#collectReadyNodes(this);
      },
    });
    new Counter({
      name: "agones_gameservers_total",
      help: "Times that a game server came into a state, by fleet, namespace and state.",
      labelNames: LABELS,
      registers,
      collect() {
        gauges.#collectTotals(this);
      },
    });
    this.#showPerNode(registers);
    showAutoscalers(store, { registry });
    showFleetSums(store, { registry });
    this.#durations = new StateDurations(store, { registry }, () => performance.now());
  }

  [Symbol.dispose](): void {
    this.#durations[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
  }

  /** Each scrape adds a look at every node: over any range the shares are those of the nodes. */
  #showPerNode(registers: Registry[]): void {
    const gauges = this;
    new Histogram({
      name: "agones_gameservers_node_count",
      help: "Game servers of each node, looked at once in each scrape.",
      buckets: PER_NODE,
      registers,
      collect() {
        for (const { metadata } of gauges.#store.list("Node"))
          this.observe(gauges.#onNodes.get(metadata.name).size);
      },
    });
  }

  #changed(before: Resource | undefined, after: Resource | undefined): void {
    const was = before?.kind === "GameServer" ? before : undefined;
    const is = after?.kind === "GameServer" ? after : undefined;
    if (was && is && was.status.state === is.status.state && fleetOf(was) === fleetOf(is)) return;
    if (was) this.#count(was, -1);
    if (is) this.#count(is, 1);
    if (is && was?.status.state !== is.status.state) this.#cameInto(is);
  }

  #cameInto(server: GameServer): void {
    const type = server.status.state;
    const { namespace } = server.metadata;
    const fleet = fleetOf(server);
    const key = `${namespace}/${fleet}/${type}`;
    const known = this.#totals.get(key);
    if (known) {
      known.times += 1;
      return;
    }
    // Fleets come and go: of very many the oldest are forgotten.
    const [oldest] = this.#totals.keys();
    if (this.#totals.size >= TOTALS_MAX && oldest !== undefined) this.#totals.delete(oldest);
    this.#totals.set(key, { labels: { type, fleet_name: fleet, namespace }, times: 1 });
  }

  #collectTotals(counter: Counter<keyof StateLabels>): void {
    counter.reset();
    for (const { labels, times } of this.#totals.values()) counter.inc(labels, times);
  }

  #count(server: GameServer, by: 1 | -1): void {
    const { state } = server.status;
    const fleets = memberOf(this.#counts, server.metadata.namespace);
    const states = memberOf(fleets, fleetOf(server));
    states.set(state, (states.get(state) ?? 0) + by);
  }

  #collectServers(gauge: Gauge<"type" | "fleet_name" | "namespace">): void {
    gauge.reset();
    for (const [namespace, fleets] of this.#counts)
      for (const [fleet, states] of fleets) {
        const counted = [...states].filter(([, count]) => count > 0);
        for (const [type, count] of counted)
          gauge.set({ type, fleet_name: fleet, namespace }, count);
        if (counted.length === 0) fleets.delete(fleet);
      }
  }

  #collectFleets(gauge: Gauge<"name" | "namespace" | "type">): void {
    gauge.reset();
    for (const { metadata, spec, status } of this.#store.list("Fleet")) {
      const { name, namespace } = metadata;
      gauge.set({ name, namespace, type: "desired" }, spec.replicas);
      for (const [type, field] of Object.entries(REPLICAS))
        gauge.set({ name, namespace, type }, status[field]);
    }
  }

  #collectNodes(gauge: Gauge<"empty">): void {
    const nodes = this.#store.list("Node");
    const empty = nodes.filter(({ metadata }) => this.#onNodes.get(metadata.name).size === 0);
    gauge.set({ empty: "true" }, empty.length);
    gauge.set({ empty: "false" }, nodes.length - empty.length);
  }

  #collectReadyNodes(gauge: Gauge<"ready">): void {
    const nodes = this.#store.list("Node");
    const ready = nodes.filter((node) => node.status.ready).length;
    gauge.set({ ready: "true" }, ready);
    gauge.set({ ready: "false" }, nodes.length - ready);
  }
}

function fleetOf(server: GameServer): string {
  return server.metadata.labels?.[FLEET_LABEL] ?? "none";
}

function memberOf<V>(all: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const found = all.get(key);
  if (found) return found;
  const made = new Map<string, V>();
  all.set(key, made);
  return made;
}
