import { Histogram } from "prom-client";
import { FLEET_LABEL } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import type { Resource } from "../core/model/resource.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { Metrics } from "./metrics.ts";

const LABELS = ["type", "fleet_name", "namespace"] as const;
type Labels = Record<(typeof LABELS)[number], string>;
/** Agones' own. */
const SECONDS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];
/** Of fleets and states at once: each has a line for each bucket. */
const SERIES_MAX = 1_000;

/**
 * How long game servers were in a state, told when they leave it. Of one that was there before this process only later
 * states are: when it came into that one nobody knows, as with Agones.
 */
export class StateDurations implements Disposable {
  readonly #watch: Disposable;
  readonly #now: () => number;
  readonly #histogram: Histogram<keyof Labels>;
  /** When each came into its state, by uid. */
  readonly #since = new Map<string, number>();
  readonly #series = new Map<string, Labels>();

  /** `now` is in milliseconds, and never goes back. */
  constructor(store: ResourceStore, { registry }: Pick<Metrics, "registry">, now: () => number) {
    this.#now = now;
    this.#histogram = new Histogram({
      name: "agones_gameserver_state_duration",
      help: "Seconds that game servers were in a state, by fleet, namespace and state.",
      labelNames: LABELS,
      buckets: SECONDS,
      registers: [registry],
    });
    this.#watch = store.onHead((before, after) => this.#changed(before, after));
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #changed(before: Resource | undefined, after: Resource | undefined): void {
    const was = before?.kind === "GameServer" ? before : undefined;
    const is = after?.kind === "GameServer" ? after : undefined;
    if (was && !is) this.#since.delete(was.metadata.uid);
    if (!is || was?.status.state === is.status.state) return;
    const now = this.#now();
    const since = this.#since.get(is.metadata.uid);
    if (was && since !== undefined) this.#leaves(was, (now - since) / 1_000);
    this.#since.set(is.metadata.uid, now);
  }

  #leaves({ metadata, status }: GameServer, seconds: number): void {
    const { namespace, labels } = metadata;
    const series = { type: status.state, fleet_name: labels?.[FLEET_LABEL] ?? "none", namespace };
    const key = `${namespace}/${series.fleet_name}/${series.type}`;
    if (!this.#series.has(key)) this.#admit(key, series);
    this.#histogram.observe(series, seconds);
  }

  /** Fleets come and go: of very many the oldest are forgotten. */
  #admit(key: string, series: Labels): void {
    const [oldest] = this.#series;
    if (this.#series.size >= SERIES_MAX && oldest) {
      this.#histogram.remove(oldest[1]);
      this.#series.delete(oldest[0]);
    }
    this.#series.set(key, series);
  }
}
