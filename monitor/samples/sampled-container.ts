import type { Container } from "../../core/model/container.ts";
import { containerPlanOf } from "../../core/model/container-plan.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { playersOf, roomsOf } from "../../core/model/players.ts";
import { keyOf, refOf } from "../../core/model/resource.ts";
import {
  CONTAINER_METRICS,
  type ContainerMetric,
  type MetricName,
} from "../../core/model/samples.ts";
import { serviceOwnerOf } from "../../core/model/service.ts";
import type { UsageColumn, UsageRow } from "../../core/model/usage.ts";
import { Rates } from "./rates.ts";
import type { SampledContainer } from "./samples.ts";
import { Series, type SeriesMemory, type SeriesShape } from "./series.ts";

/** Of a container's day, what explains a day: the rest is told for 15 minutes. */
const DAY: readonly MetricName[] = [
  ...(["cpu", "throttled", "memory", "received", "sent", "pressureMemory"] as const),
  ...(["players", "rooms"] as const),
];
const SHAPE: SeriesShape = { metrics: CONTAINER_METRICS, coarse: DAY, isExact: false };
const PLAYERS = CONTAINER_METRICS.indexOf("players");
const ROOMS = CONTAINER_METRICS.indexOf("rooms");
/** What was said so long ago is not said any more. */
const STALE_MS = 3_000;

/** One container: the last that its node said of it, and its series. */
export class Tracked implements SampledContainer, Disposable {
  readonly key: string;
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly fleet: string | undefined;
  readonly service: string | undefined;
  readonly cpuLimit: number;
  readonly memoryLimit: number;
  readonly series: Series;
  node: string;
  /** The second of its last point. */
  lastTick = 0;
  /** When its node spoke of it last; monotonic. */
  heardAt = 0;
  readonly #rates = new Rates();

  constructor(resource: GameServer | Container, memory: SeriesMemory) {
    const { namespace, name, uid, labels } = resource.metadata;
    this.key = keyOf(refOf(resource));
    this.kind = resource.kind;
    this.namespace = namespace;
    this.name = name;
    this.uid = uid;
    this.node = resource.status.nodeName;
    this.fleet = resource.kind === "GameServer" ? labels?.[FLEET_LABEL] : undefined;
    this.service =
      resource.kind === "Container" ? serviceOwnerOf(resource.metadata)?.name : undefined;
    const limits = containerPlanOf(resource)?.limits;
    this.cpuLimit = limits?.cpuMilli ?? 0;
    this.memoryLimit = limits?.memoryBytes ?? 0;
    this.series = new Series(SHAPE, memory);
  }

  latest(metric: ContainerMetric): number {
    return this.series.at(metric);
  }

  /** What its node said of a column last, as it was said. */
  counter(column: UsageColumn): number | undefined {
    return this.#rates.counter(column);
  }

  /** Its node measured `row` at `atMs` of its own clock. */
  take(node: string, row: UsageRow, atMs: number, heardAt: number): void {
    if (node !== this.node) this.#rates.reset();
    this.#rates.take(this.series.latest, row, atMs);
    this.node = node;
    this.heardAt = heardAt;
  }

  /** One second more: makes a point, of what its node said in the last ones and what its resource says now. */
  push(resource: GameServer | Container, tick: number, now: number, isQuarter: boolean): void {
    const { latest } = this.series;
    if (!this.isHeard(now)) latest.fill(Number.NaN);
    const isGame = resource.kind === "GameServer";
    latest[PLAYERS] = (isGame ? playersOf(resource).players : undefined) ?? Number.NaN;
    latest[ROOMS] = (isGame ? roomsOf(resource) : undefined) ?? Number.NaN;
    this.series.push(isQuarter);
    this.lastTick = tick;
  }

  isHeard(now: number): boolean {
    return now - this.heardAt <= STALE_MS;
  }

  [Symbol.dispose](): void {
    this.series[Symbol.dispose]();
  }
}
