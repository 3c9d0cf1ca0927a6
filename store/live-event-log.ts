import type { Event, EventInput } from "../core/model/event.ts";
import type { Clock } from "../core/std/clock.ts";
import { messageOf } from "../core/std/errors.ts";
import type { Logger } from "../core/std/logger.ts";
import type { EventFilter, EventLog } from "./event-log.ts";
import { EventRing, type EventRingOptions } from "./event-ring.ts";

/** Bounds that suit a control plane. */
export const EVENT_BOUNDS: EventRingOptions = { eventsMax: 10_000, repeatMs: 600_000 };

export interface LiveEventLogOptions extends EventRingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The last events in memory: all of an event log but its durability. */
export class LiveEventLog implements EventLog {
  readonly #options: LiveEventLogOptions;
  readonly #ring: EventRing;
  readonly #listeners = new Set<(event: Event) => void>();

  constructor(options: LiveEventLogOptions) {
    this.#options = options;
    this.#ring = new EventRing(options);
  }

  /** Puts back an event that was kept, oldest first, before anything is recorded. */
  restore(event: Event): void {
    this.#ring.restore(event);
  }

  record(input: EventInput): void {
    const event = this.#ring.add(input, this.#options.clock.now());
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger.error({ because: messageOf(error) }, "a listener of events failed");
      }
    }
  }

  list(filter?: EventFilter): readonly Event[] {
    return this.#ring.list(filter);
  }

  onEvent(listener: (event: Event) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }
}
