import type { Event } from "../../core/model/event.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import type { FleetRecord } from "../report/run-result.ts";
import { FleetCpu } from "./fleet-cpu.ts";
import { type FleetChange, type FleetNow, FleetStory } from "./fleet-story.ts";
import { type Watched, watchForever } from "./watch-forever.ts";

export interface FleetRecorderOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** In the namespace `default`. */
  readonly fleet: string;
  /** Milliseconds since the run began: its seconds are those of everything else that the run records. */
  readonly now: () => number;
}

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const AUTOSCALERS = "/apis/autoscaling.agones.dev/v1/namespaces/default/fleetautoscalers";
const EVENTS = "/apis/flotilla.dev/v1/namespaces/default/events";
const SCALING: readonly string[] = [
  ...["ScaleUp", "ScaleDown", "MetricsMissing", "MetricsStale", "MetricsAbsurd"],
];

/**
 * Follows a fleet by the public API's watches: its size, its servers by state, rooms, players, and what its autoscaler wants
 * and does. It costs the platform three open watches, however large the fleet is.
 */
export class FleetRecorder implements AsyncDisposable {
  readonly #options: FleetRecorderOptions;
  readonly #story = new FleetStory();
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #watches: readonly Promise<void>[];
  readonly #cpu: FleetCpu;

  constructor(options: FleetRecorderOptions) {
    this.#options = options;
    const { apiUrl, token, fleet, now } = options;
    const follow = <T>(path: string, onEvent: (event: Watched<T>) => void): Promise<void> =>
      watchForever({ apiUrl, token, path, signal: this.#stop.signal }, onEvent);
    this.#cpu = new FleetCpu({ apiUrl, token, fleet, now, signal: this.#stop.signal });
    this.#watches = [
      follow<Fleet>(FLEETS, ({ type, object }) => {
        if (object.metadata?.name === fleet && type !== "DELETED") this.#change(partOf(object));
      }),
      follow<FleetAutoscaler>(AUTOSCALERS, ({ type, object }) => {
        if (object.spec?.fleetName !== fleet || type === "DELETED") return;
        const { desiredReplicas = 0, message = "" } = object.status ?? {};
        this.#change({ desired: desiredReplicas, because: message });
      }),
      follow<Event>(EVENTS, ({ object }) => {
        const { involvedObject, reason, message } = object;
        if (involvedObject?.name !== fleet || involvedObject.kind !== "Fleet") return;
        if (!SCALING.includes(reason)) return;
        this.#story.event({ atSecond: Math.floor(this.nowMs / 1000), reason, message });
      }),
    ];
  }

  /** Milliseconds since the run began. */
  get nowMs(): number {
    return this.#options.now();
  }
  get now(): FleetNow {
    return this.#story.now;
  }
  get changes(): readonly FleetChange[] {
    return this.#story.changes;
  }

  /** Waits until the fleet is so; false when that did not come within `withinMs`. */
  async until(
    isSo: (now: FleetNow) => boolean,
    withinMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const late = AbortSignal.any([AbortSignal.timeout(withinMs), signal]);
    while (!isSo(this.now)) {
      if (late.aborted) return false;
      await this.#nextChange(late);
    }
    return true;
  }

  /** So far, one number per second. */
  record(): FleetRecord {
    const seconds = Math.floor(this.nowMs / 1000);
    const record = this.#story.record(this.#options.fleet, seconds);
    const cpuPercent = this.#cpu.series(seconds);
    return { ...record, ...(cpuPercent ? { cpuPercent } : {}) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#watches, this.#cpu.ended]);
  }

  #change(part: Partial<FleetNow>): void {
    if (!this.#story.change(part, this.nowMs)) return;
    for (const listener of [...this.#listeners]) listener();
  }

  #nextChange(late: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#listeners.add(done);
    late.addEventListener("abort", done, { once: true });
    return promise.finally(() => {
      this.#listeners.delete(done);
      late.removeEventListener("abort", done);
    });
  }
}

function partOf({ spec, status }: Fleet): Partial<FleetNow> {
  const { replicas = 0, readyReplicas = 0, allocatedReplicas = 0 } = status ?? {};
  return {
    wanted: spec.replicas,
    replicas,
    ready: readyReplicas,
    allocated: allocatedReplicas,
    reserved: status?.reservedReplicas ?? 0,
    rooms: status?.counters?.rooms?.count ?? 0,
    players: status?.lists?.players?.count ?? 0,
  };
}
