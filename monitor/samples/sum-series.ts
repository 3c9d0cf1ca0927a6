import type { Fleet } from "../../core/model/fleet.ts";
import { playersOfFleet } from "../../core/model/players.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import {
  FLEET_METRICS,
  type MetricName,
  NODE_METRICS,
  PLATFORM_METRICS,
  SERVICE_METRICS,
} from "../../core/model/samples.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { MeasuredNodes } from "./measured-nodes.ts";
import { RingMemory } from "./ring-memory.ts";
import type { PlatformSample, SampledContainer } from "./samples.ts";
import { Series, type SeriesMemory, type SeriesShape } from "./series.ts";

export type PlatformNumbers = Omit<PlatformSample, "players" | "rooms">;

export interface SumSeriesOptions {
  readonly store: ResourceStore;
  readonly nodes: MeasuredNodes;
  readonly bounds: { readonly keepGoneSeconds: number };
  readonly platform: (seconds: number) => PlatformNumbers;
  readonly roomsOf: (fleet: Fleet) => number;
}
interface Kept {
  readonly series: Series;
  lastTick: number;
}
interface Use {
  cpu: number;
  memory: number;
  containers: number;
}
interface Second {
  readonly tick: number;
  /** Since the one before. */
  readonly seconds: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly isQuarter: boolean;
  readonly containers: Iterable<SampledContainer>;
}

/** Fleets, services, nodes and the platform that have a series; more are not kept. */
const SUBJECTS_MAX = 2_000;
/** All points of 60 fleets; with more, their days become shorter. */
const BYTES_MAX = 8 * 1024 * 1024;
const PLATFORM_KEY = "Platform//";
const exact = (metrics: readonly MetricName[]): SeriesShape => ({
  ...{ metrics, coarse: metrics, isExact: true },
});
const SHAPES = {
  Fleet: exact(FLEET_METRICS),
  Service: exact(SERVICE_METRICS),
  Node: exact(NODE_METRICS),
  Platform: exact(PLATFORM_METRICS),
} as const;

/** Series of what is a sum: kept apart from those of containers, so that they outlive these. */
export class SumSeries {
  readonly #options: SumSeriesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #memory: SeriesMemory = {
    fine: new RingMemory(BYTES_MAX),
    coarse: new RingMemory(BYTES_MAX * 2),
  };
  #platform: PlatformSample | undefined;

  constructor(options: SumSeriesOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#memory.fine.bytes + this.#memory.coarse.bytes;
  }

  get(key: string): Kept | undefined {
    return this.#kept.get(key);
  }

  platform(): PlatformSample {
    return this.#platform ?? NO_PLATFORM;
  }

  push(second: Second): void {
    const use = useOf(second.containers);
    const { players, rooms } = this.#pushFleets(second, use);
    this.#pushServices(second, use);
    this.#pushNodes(second, use);
    const platform = { ...this.#options.platform(second.seconds), players, rooms };
    this.#platform = platform;
    this.#put(second, PLATFORM_KEY, "Platform", platform);
    for (const [key, { series, lastTick }] of this.#kept) {
      if (second.tick - lastTick <= this.#options.bounds.keepGoneSeconds) continue;
      series[Symbol.dispose]();
      this.#kept.delete(key);
    }
  }

  #pushFleets(second: Second, use: ReadonlyMap<string, Use>): { players: number; rooms: number } {
    const sums = { players: 0, rooms: 0 };
    for (const fleet of this.#options.store.list("Fleet")) {
      const key = keyOf(refOf(fleet));
      const { replicas, readyReplicas, allocatedReplicas, reservedReplicas } = fleet.status;
      const { players, playersMax } = playersOfFleet(fleet);
      const rooms = this.#options.roomsOf(fleet);
      sums.players += players ?? 0;
      sums.rooms += rooms;
      this.#put(second, key, "Fleet", {
        replicas,
        ready: readyReplicas,
        allocated: allocatedReplicas,
        reserved: reservedReplicas,
        desired: fleet.spec.replicas,
        players,
        playersMax,
        rooms,
        ...measuredOf(use.get(key)),
      });
    }
    return sums;
  }

  #pushServices(second: Second, use: ReadonlyMap<string, Use>): void {
    for (const service of this.#options.store.list("Service")) {
      const key = keyOf(refOf(service));
      const { replicas, readyReplicas } = service.status;
      const desired = service.spec.replicas;
      const used = measuredOf(use.get(key));
      this.#put(second, key, "Service", { replicas, ready: readyReplicas, desired, ...used });
    }
  }

  #pushNodes(second: Second, use: ReadonlyMap<string, Use>): void {
    for (const node of this.#options.store.list("Node")) {
      const key = keyOf(refOf(node));
      const used = use.get(key);
      this.#put(second, key, "Node", {
        ...this.#options.nodes.of(node.metadata.name, second.now),
        containers: used?.containers ?? 0,
        containersCpu: used?.cpu,
        containersMemory: used?.memory,
      });
    }
  }

  #put(
    { tick, isQuarter }: Second,
    key: string,
    kind: keyof typeof SHAPES,
    numbers: Readonly<Partial<Record<MetricName, number | undefined>>>,
  ): void {
    let kept = this.#kept.get(key);
    if (!kept) {
      if (this.#kept.size >= SUBJECTS_MAX) return;
      kept = { series: new Series(SHAPES[kind], this.#memory), lastTick: tick };
      this.#kept.set(key, kept);
    }
    const { series } = kept;
    for (const [i, name] of series.shape.metrics.entries())
      series.latest[i] = numbers[name] ?? Number.NaN;
    series.push(isQuarter);
    kept.lastTick = tick;
  }
}

/** What containers use together, by the fleet, the service and the node that they belong to. */
function useOf(containers: Iterable<SampledContainer>): ReadonlyMap<string, Use> {
  const sums = new Map<string, Use>();
  for (const one of containers) {
    const cpu = one.latest("cpu") || 0;
    const memory = one.latest("memory") || 0;
    const { namespace, fleet, service, node } = one;
    if (fleet !== undefined) add(sums, `Fleet/${namespace}/${fleet}`, cpu, memory);
    if (service !== undefined) add(sums, `Service/${namespace}/${service}`, cpu, memory);
    add(sums, `Node//${node}`, cpu, memory);
  }
  return sums;
}

function add(sums: Map<string, Use>, key: string, cpu: number, memory: number): void {
  const use = sums.get(key);
  if (!use) {
    sums.set(key, { cpu, memory, containers: 1 });
    return;
  }
  use.cpu += cpu;
  use.memory += memory;
  use.containers += 1;
}

function measuredOf(use: Use | undefined): { cpu?: number; memory?: number } {
  return use ? { cpu: use.cpu, memory: use.memory } : {};
}

const NO_PLATFORM = Object.fromEntries(
  PLATFORM_METRICS.map((name) => [name, Number.NaN]),
) as PlatformSample;
