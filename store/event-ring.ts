import type { Event, EventInput } from "../core/model/event.ts";
import { apiVersionOf } from "../core/model/kinds.ts";
import { rfc3339 } from "../core/std/clock.ts";
import type { EventFilter } from "./event-log.ts";

export interface EventRingOptions {
  /** Events in memory; over this the oldest go. */
  readonly eventsMax: number;
  /** Equal events within this time of the first are counted, not repeated. */
  readonly repeatMs: number;
}

interface Slot {
  event: Event;
  readonly same: string;
  readonly firstMs: number;
}

/** The last events in order of their last time, repeated ones counted. */
export class EventRing {
  readonly #options: EventRingOptions;
  /** By name; the one that was recorded or counted longest ago is first. */
  readonly #slots = new Map<string, Slot>();
  readonly #latest = new Map<string, Slot>();
  #number = 0;

  constructor(options: EventRingOptions) {
    this.#options = options;
  }

  /** Puts back an event that was kept, in the order in which it was made. */
  restore(event: Event): void {
    const firstMs = Date.parse(event.firstTimestamp);
    this.#number = Math.max(this.#number, Number(event.metadata.resourceVersion));
    this.#insert({ event, same: sameOf(event, event.involvedObject), firstMs });
  }

  /** Counts an equal event, or adds a new one; returns it as it is now. */
  add(input: EventInput, now: number): Event {
    const same = sameOf(input, input.subject);
    const slot = this.#latest.get(same);
    this.#number += 1;
    if (slot && now - slot.firstMs < this.#options.repeatMs) {
      slot.event = counted(slot.event, this.#number, now);
      // The last one touched is the newest.
      this.#slots.delete(slot.event.metadata.name);
      this.#slots.set(slot.event.metadata.name, slot);
      return slot.event;
    }
    const event = eventOf(input, this.#number, now);
    this.#insert({ event, same, firstMs: now });
    return event;
  }

  list({ namespace, kind, name, limit }: EventFilter = {}): readonly Event[] {
    const all = [...this.#slots.values()].map(({ event }) => event);
    const found = all.filter(
      ({ involvedObject: of }) =>
        (namespace === undefined || of.namespace === namespace) &&
        (kind === undefined || of.kind === kind) &&
        (name === undefined || of.name === name),
    );
    return limit === undefined ? found : found.slice(Math.max(0, found.length - limit));
  }

  #insert(slot: Slot): void {
    this.#slots.set(slot.event.metadata.name, slot);
    this.#latest.set(slot.same, slot);
    if (this.#slots.size <= this.#options.eventsMax) return;
    const [oldest] = this.#slots;
    if (!oldest) return;
    const [name, { same }] = oldest;
    this.#slots.delete(name);
    if (this.#latest.get(same) === oldest[1]) this.#latest.delete(same);
  }
}

function sameOf(
  { type, reason, message }: Pick<Event, "type" | "reason" | "message">,
  { kind, namespace, name, uid }: Event["involvedObject"],
): string {
  return JSON.stringify([type, reason, message, kind, namespace, name, uid]);
}

function eventOf(
  { type, reason, message, subject }: EventInput,
  number: number,
  now: number,
): Event {
  const at = rfc3339(now);
  const id = `${now.toString(16)}-${number.toString(16)}`;
  return {
    apiVersion: apiVersionOf("Event"),
    kind: "Event",
    metadata: {
      name: `${subject.name}.${id}`,
      namespace: subject.namespace,
      uid: id,
      resourceVersion: String(number),
      generation: 1,
      creationTimestamp: at,
    },
    type,
    reason,
    message,
    involvedObject: subject,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
  };
}

function counted(event: Event, number: number, now: number): Event {
  const metadata = { ...event.metadata, resourceVersion: String(number) };
  return { ...event, metadata, count: event.count + 1, lastTimestamp: rfc3339(now) };
}
