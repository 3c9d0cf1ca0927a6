import type { Event } from "../../core/model/event.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { EventLog } from "../../store/event-log.ts";
import { Coalescer } from "./coalescer.ts";
import { sseMessage } from "./sse-writer.ts";
import type { Publish, Topic } from "./topic.ts";

/** Events that a page gets first, and those of one message at most: of a storm the newest. */
const EVENTS_MAX = 100;

/** What happens, newest last; an event that happened again comes with its new count. */
export class EventsTopic implements Topic {
  readonly #events: EventLog;
  readonly #listening: Disposable;
  readonly #coalescer: Coalescer;
  #waiting = new Map<string, Event>();

  constructor(events: EventLog, clock: Clock, publish: Publish) {
    this.#events = events;
    this.#coalescer = new Coalescer(clock, () => {
      const items = [...this.#waiting.values()];
      this.#waiting = new Map();
      publish(sseMessage("events", { items }));
    });
    this.#listening = events.onEvent((event) => this.#take(event));
  }

  present(): Buffer {
    const items = this.#events.list({ limit: EVENTS_MAX });
    return sseMessage("events", { reset: true, items: items.slice(-EVENTS_MAX) });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#coalescer[Symbol.dispose]();
  }

  #take(event: Event): void {
    const name = `${event.metadata.namespace}/${event.metadata.name}`;
    this.#waiting.delete(name);
    this.#waiting.set(name, event);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > EVENTS_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    this.#coalescer.touch();
  }
}
