import { isAmong } from "../../access/scopes.ts";
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
  readonly #only: readonly string[] | undefined;
  readonly #listening: Disposable;
  readonly #coalescer: Coalescer;
  #waiting = new Map<string, Event>();

  /** Those of the namespaces in `only`; undefined is all. */
  constructor(
    { events, clock }: { readonly events: EventLog; readonly clock: Clock },
    only: readonly string[] | undefined,
    publish: Publish,
  ) {
    this.#events = events;
    this.#only = only;
    this.#coalescer = new Coalescer(clock, () => {
      const items = [...this.#waiting.values()];
      this.#waiting = new Map();
      publish(sseMessage("events", { items }));
    });
    this.#listening = events.onEvent((event) => this.#take(event));
  }

  present(): Buffer {
    const limit = EVENTS_MAX;
    const items =
      this.#only === undefined
        ? this.#events.list({ limit })
        : this.#only
            .flatMap((namespace) => this.#events.list({ namespace, limit }))
            .sort((a, b) => Date.parse(a.lastTimestamp) - Date.parse(b.lastTimestamp));
    return sseMessage("events", { reset: true, items: items.slice(-EVENTS_MAX) });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#coalescer[Symbol.dispose]();
  }

  #take(event: Event): void {
    if (!isAmong(this.#only, event.involvedObject.namespace)) return;
    const name = `${event.metadata.namespace}/${event.metadata.name}`;
    this.#waiting.delete(name);
    this.#waiting.set(name, event);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > EVENTS_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    this.#coalescer.touch();
  }
}
