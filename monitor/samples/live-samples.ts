import type { Container } from "../../core/model/container.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { ROOMS_COUNTER } from "../../core/model/room.ts";
import type { MetricName } from "../../core/model/samples.ts";
import type { Usage } from "../../core/model/usage.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { ContainerIds } from "./container-ids.ts";
import { MeasuredNodes } from "./measured-nodes.ts";
import { RingMemory } from "./ring-memory.ts";
import { Tracked } from "./sampled-container.ts";
import type { PlatformSample, SampledContainer, Samples } from "./samples.ts";
import { COARSE_POINTS, COARSE_SECONDS, FINE_POINTS, type SeriesMemory } from "./series.ts";
import { type PlatformNumbers, SumSeries } from "./sum-series.ts";
import { TickTimes } from "./tick-times.ts";

export interface SampleBounds {
  /** Containers that have a series; more are not kept. */
  readonly containersMax: number;
  /** Bytes of all containers' rings of seconds, and of quarter minutes: under them histories become shorter. */
  readonly fineBytesMax: number;
  readonly coarseBytesMax: number;
  /** How long a series stays when what it is of has gone. */
  readonly keepGoneSeconds: number;
}
/** 500 containers keep 15 minutes and 24 hours with this; 5,000 keep 5 minutes of seconds and 3 hours. */
export const SAMPLE_BOUNDS: SampleBounds = {
  containersMax: 10_000,
  fineBytesMax: 48 * 1024 * 1024,
  coarseBytesMax: 64 * 1024 * 1024,
  keepGoneSeconds: 600,
};

export interface LiveSamplesOptions {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bounds: SampleBounds;
  /** What the platform's own process noticed since the last look. */
  readonly platform: (seconds: number) => PlatformNumbers;
  /** Rooms that there are as resources, by fleet. */
  readonly roomsOf: (namespace: string, fleet: string) => number;
}

/** Everything that is measured, in memory: filled by the nodes' batches, turned into one point per series each second. */
export class LiveSamples implements Samples, Disposable {
  readonly #options: LiveSamplesOptions;
  readonly #ids: ContainerIds;
  readonly #memory: SeriesMemory;
  readonly #nodes = new MeasuredNodes();
  /** By container id. */
  readonly #tracked = new Map<string, Tracked>();
  readonly #byKey = new Map<string, Tracked>();
  readonly #sums: SumSeries;
  readonly #times = new TickTimes(FINE_POINTS, COARSE_POINTS, COARSE_SECONDS);
  readonly #listeners = new Set<(atMs: number) => void>();
  #now = 0;
  /** Rows that found no place. */
  #refused = 0;
  #busyMs = 0;

  constructor(options: LiveSamplesOptions) {
    const { store, bounds } = options;
    this.#options = options;
    const fine = new RingMemory(bounds.fineBytesMax);
    this.#memory = { fine, coarse: new RingMemory(bounds.coarseBytesMax) };
    this.#sums = new SumSeries({
      ...options,
      nodes: this.#nodes,
      roomsOf: (fleet) => this.roomsOf(fleet),
    });
    this.#ids = new ContainerIds(store);
  }

  get now(): number {
    return this.#now;
  }

  /** What keeping samples takes: bytes of all rings, containers, rows without a place, time spent in all. */
  get cost(): { bytes: number; containers: number; refused: number; busyMs: number } {
    const { fine, coarse } = this.#memory;
    const bytes = fine.bytes + coarse.bytes + this.#sums.bytes;
    const containers = this.#tracked.size;
    return { bytes, containers, refused: this.#refused, busyMs: this.#busyMs };
  }

  /** A node's batch. Rows of containers that are not (or no longer) on that node are left out. */
  take(node: string, { atMs, rows, machine }: Usage): void {
    const began = performance.now();
    const now = this.#options.clock.monotonic();
    if (machine) this.#nodes.take(node, machine, atMs, now);
    for (const row of rows) {
      const id = row[0];
      const resource = this.#ids.resourceOf(id);
      if (!resource || resource.status.nodeName !== node) continue;
      this.#trackedFor(id, resource)?.take(node, row, atMs, now);
    }
    this.#busyMs += performance.now() - began;
  }

  /** Makes a point of every series, once a second, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    for (;;) {
      try {
        await clock.sleep(SECOND_MS - (clock.now() % SECOND_MS), signal);
      } catch {
        return;
      }
      try {
        this.tick(Math.round(clock.now() / SECOND_MS) * SECOND_MS);
      } catch (error) {
        logger.error({ because: messageOf(error) }, "the samples of a second could not be made");
      }
    }
  }

  tick(atMs: number): void {
    const began = performance.now();
    const seconds = this.#now === 0 ? 1 : Math.max(1, (atMs - this.#now) / SECOND_MS);
    this.#now = atMs;
    const isQuarter = this.#times.push(atMs);
    const { tick } = this.#times;
    const now = this.#options.clock.monotonic();
    for (const [id, tracked] of this.#tracked) {
      const resource = this.#ids.resourceOf(id);
      if (resource) tracked.push(resource, tick, now, isQuarter);
      else if (tick - tracked.lastTick > this.#options.bounds.keepGoneSeconds)
        this.#forget(id, tracked);
    }
    this.#sums.push({ tick, seconds, now, isQuarter, containers: this.containers() });
    this.#busyMs += performance.now() - began;
    for (const listener of this.#listeners) listener(atMs);
  }

  *containers(): Generator<Tracked> {
    const now = this.#options.clock.monotonic();
    const { tick } = this.#times;
    for (const tracked of this.#tracked.values())
      if (tracked.isHeard(now) && tracked.lastTick === tick) yield tracked;
  }

  /** The container of a resource; undefined when nothing was measured of it. */
  container(key: string): SampledContainer | undefined {
    return this.#byKey.get(key);
  }

  recent(key: string, metric: MetricName, points: number = FINE_POINTS): Float64Array {
    const { series } = this.#byKey.get(key) ?? this.#sums.get(key) ?? {};
    return series ? series.recent(metric, 1, points) : NONE;
  }

  /** All numbers of one subject since `fromMs`, oldest first; undefined when there is no series of it. */
  history(key: string, step: 1 | 15, fromMs: number): History | undefined {
    const found = this.#byKey.get(key) ?? this.#sums.get(key);
    if (!found) return undefined;
    const { metrics, coarse } = found.series.shape;
    const names = step === 1 ? metrics : coarse;
    const kept = names.map(
      (name) => [name, found.series.recent(name, step, POINTS[step])] as const,
    );
    const all = this.#times.of(step, found.lastTick, kept[0]?.[1].length ?? 0);
    const from = all.findIndex((time) => time >= fromMs);
    const times = from < 0 ? [] : all.slice(from);
    const series = kept.map(([name, values]) => [name, from < 0 ? NONE : values.subarray(from)]);
    return { times, series: Object.fromEntries(series) };
  }

  /** Rooms of a fleet: those that there are as resources, else what its Counter `rooms` says. */
  roomsOf({ metadata, status }: Fleet): number {
    const made = this.#options.roomsOf(metadata.namespace, metadata.name);
    return made > 0 ? made : (status.counters?.[ROOMS_COUNTER]?.count ?? 0);
  }

  /** A container's limits; null for one that it does not have. Empty for what is no container. */
  limitsOf(key: string): Readonly<Record<string, number | null>> {
    const tracked = this.#byKey.get(key);
    if (!tracked) return {};
    return { cpuLimit: tracked.cpuLimit || null, memoryLimit: tracked.memoryLimit || null };
  }

  /** One number of the last second; NaN when it is not known. */
  last(key: string, metric: MetricName): number {
    const found = this.#byKey.get(key) ?? this.#sums.get(key);
    return found?.lastTick === this.#times.tick ? found.series.at(metric) : Number.NaN;
  }

  /** All numbers of one subject's last second by their names; empty without a series. */
  newest(key: string): Record<string, number | null> {
    const found = this.#byKey.get(key) ?? this.#sums.get(key);
    if (!found || found.lastTick !== this.#times.tick) return {};
    const { latest, shape } = found.series;
    const pairs = shape.metrics.map((name, i) => [name, rounded(latest[i] ?? Number.NaN)] as const);
    return Object.fromEntries(pairs);
  }

  onSecond(listener: (atMs: number) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  platform(): PlatformSample {
    return this.#sums.platform();
  }

  [Symbol.dispose](): void {
    this.#ids[Symbol.dispose]();
  }

  #trackedFor(id: string, resource: GameServer | Container): Tracked | undefined {
    const known = this.#tracked.get(id);
    if (known) return known;
    if (this.#tracked.size >= this.#options.bounds.containersMax) {
      this.#refused += 1;
      return undefined;
    }
    const tracked = new Tracked(resource, this.#memory);
    this.#tracked.set(id, tracked);
    this.#byKey.set(tracked.key, tracked);
    return tracked;
  }

  #forget(id: string, tracked: Tracked): void {
    tracked[Symbol.dispose]();
    this.#tracked.delete(id);
    if (this.#byKey.get(tracked.key) === tracked) this.#byKey.delete(tracked.key);
  }
}

/** Numbers by their names, all as long as `times` (milliseconds since 1970). */
export interface History {
  readonly times: readonly number[];
  readonly series: Readonly<Record<string, Float64Array>>;
}
const SECOND_MS = 1_000;

/** As it is shown: null for what is not known, three digits behind the point. */
export function rounded(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
}
const POINTS = { 1: FINE_POINTS, 15: COARSE_POINTS } as const;
const NONE: Float64Array = new Float64Array(0);
