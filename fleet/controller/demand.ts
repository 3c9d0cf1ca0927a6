import type { GameServerSelector } from "../../core/model/allocation.ts";
import { FLEET_LABEL, type Fleet } from "../../core/model/fleet.ts";
import { compileSelector, signatureOf } from "../../core/model/label-selector.ts";
import type { Clock } from "../../core/std/clock.ts";

/** How long a request that found none is waited for. */
const WAITS_MS = 30_000;
/** Different selectors that may wait for one look at the fleets; more are not waited for. */
const SELECTORS_MAX = 1_000;
const SECOND_MS = 1_000;

interface Waiting {
  /** The second that is counted now, and how many came in it. */
  second: number;
  count: number;
  /** Requests that wait: as many as came in the busiest second, less those that were given a server since. */
  demand: number;
  until: number;
}
interface Missed {
  readonly namespace: string;
  readonly selector: GameServerSelector;
  count: number;
}
export interface DemandOptions {
  readonly clock: Clock;
  /** The fleets that may be woken. */
  readonly fleetsOf: (namespace: string) => readonly Fleet[];
  readonly onDemand: (fleet: Fleet) => void;
}

/**
 * Requests that found no game server, by the fleets that could have had one. Who waits asks again, so the busiest second
 * is counted and not every try. A storm of misses costs one look at the fleets per turn of the loop.
 */
export class Demand {
  readonly #options: DemandOptions;
  readonly #waiting = new Map<string, Waiting>();
  #missed = new Map<string, Missed>();

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** So many requests with these selectors found none. */
  missed(namespace: string, selectors: readonly GameServerSelector[], count = 1): void {
    for (const selector of selectors) {
      if ((selector.gameServerState ?? "Ready") !== "Ready") continue;
      const key = `${namespace} ${signatureOf(selector)}`;
      const known = this.#missed.get(key);
      if (known) known.count += count;
      else if (this.#missed.size < SELECTORS_MAX) this.#note(key, { namespace, selector, count });
    }
  }

  /** A server of that fleet was handed out: one less waits. */
  served(namespace: string, fleet: string): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(`${namespace}/${fleet}`);
    if (waiting) waiting.demand = Math.max(0, waiting.demand - 1);
  }

  of(namespace: string, fleet: string): number {
    const key = `${namespace}/${fleet}`;
    const waiting = this.#waiting.get(key);
    if (!waiting) return 0;
    if (waiting.until > this.#options.clock.monotonic()) return waiting.demand;
    this.#waiting.delete(key);
    return 0;
  }

  #note(key: string, missed: Missed): void {
    this.#missed.set(key, missed);
    if (this.#missed.size === 1) setImmediate(() => this.#settle());
  }

  #settle(): void {
    const missed = this.#missed;
    this.#missed = new Map();
    const now = this.#options.clock.monotonic();
    for (const [key, { until }] of this.#waiting) if (until <= now) this.#waiting.delete(key);
    for (const { namespace, selector, count } of missed.values()) {
      const fits = compileSelector(selector);
      const fleet = this.#options
        .fleetsOf(namespace)
        .find(({ metadata, spec }) =>
          fits({ ...spec.template.metadata?.labels, [FLEET_LABEL]: metadata.name }),
        );
      if (!fleet) continue;
      this.#count(`${namespace}/${fleet.metadata.name}`, count);
      this.#options.onDemand(fleet);
    }
  }

  #count(key: string, count: number): void {
    const now = this.#options.clock.monotonic();
    const waiting = this.#waiting.get(key) ?? { second: now, count: 0, demand: 0, until: 0 };
    this.#waiting.set(key, waiting);
    if (now >= waiting.second + SECOND_MS) {
      waiting.second = now;
      waiting.count = 0;
    }
    waiting.count += count;
    waiting.demand = Math.max(waiting.demand, waiting.count);
    waiting.until = now + WAITS_MS;
  }
}
