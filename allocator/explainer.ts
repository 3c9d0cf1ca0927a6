import type { AllocationSpec, GameServerSelector } from "../core/model/allocation.ts";
import { FLEET_LABEL } from "../core/model/fleet.ts";
import type { Clock } from "../core/std/clock.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { explainMiss, type FleetFacts } from "./decide/explain.ts";

/** Requests that find nothing come in storms: one look at all servers serves those of so many milliseconds. */
const FRESH_MS = 500;
const KEPT_MAX = 256;
/** Of a key that is kept: a question that is longer is answered anew. */
const KEY_CHARS_MAX = 4_096;
/** Fleets that one explanation names. */
const FLEETS_MAX = 3;

/** Says why an allocation found no server; the same question within half a second gets the same answer. */
export class Explainer {
  readonly #store: ResourceStore;
  readonly #clock: Clock;
  readonly #told = new Map<string, { readonly at: number; readonly text: string }>();

  constructor(store: ResourceStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `key`: the same for requests that ask for the same. */
  why(key: string, namespace: string, { selectors }: AllocationSpec): string {
    const now = this.#clock.monotonic();
    const known = this.#told.get(key);
    if (known && now - known.at < FRESH_MS) return known.text;
    const servers = this.#store.list("GameServer", namespace);
    const text = explainMiss(namespace, servers, selectors, this.#fleetsOf(namespace, selectors));
    this.#told.delete(key);
    if (key.length > KEY_CHARS_MAX) return text;
    this.#told.set(key, { at: now, text });
    const oldest = this.#told.keys().next().value;
    if (this.#told.size > KEPT_MAX && oldest !== undefined) this.#told.delete(oldest);
    return text;
  }

  #fleetsOf(namespace: string, selectors: readonly GameServerSelector[]): readonly FleetFacts[] {
    const names = selectors.flatMap(({ matchLabels }) => matchLabels?.[FLEET_LABEL] ?? []);
    const autoscalers = this.#store.list("FleetAutoscaler", namespace);
    return [...new Set(names)].slice(0, FLEETS_MAX).map((name) => ({
      name,
      fleet: this.#store.get("Fleet", namespace, name),
      autoscalers: autoscalers.filter(({ spec }) => spec.fleetName === name),
    }));
  }
}
