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

/** A link of the chain from the event that was recorded or counted longest ago to the newest. */
interface Slot {
  event: Event;
  readonly subject: string;
  readonly what: string;
  readonly firstMs: number;
  older: Slot | undefined;
  newer: Slot | undefined;
}

/**
 * The last events in order of their last time, repeated ones counted. A chain and not the order of a map: a map that
 * loses its first entry again and again is walked through for the next one.
 */
export class EventRing {
  readonly #options: EventRingOptions;
  /** By subject, then by what is said of it: a key of everything would be a long new text for every event. */
  readonly #latest = new Map<string, Map<string, Slot>>();
  #oldest: Slot | undefined;
  #newest: Slot | undefined;
  #size = 0;
  #number = 0;

  constructor(options: EventRingOptions) {
    this.#options = options;
  }

  /** Puts back an event that was kept, in the order in which it was made. */
  restore(event: Event): void {
    const firstMs = Date.parse(event.firstTimestamp);
    this.#number = Math.max(this.#number, Number(event.metadata.resourceVersion));
    this.#insert(event, subjectOf(event.involvedObject), whatOf(event), firstMs);
  }

  /** Counts an equal event, or adds a new one; returns it as it is now. */
  add(input: EventInput, now: number): Event {
    const subject = subjectOf(input.subject);
    const what = whatOf(input);
    const slot = this.#latest.get(subject)?.get(what);
    this.#number += 1;
    if (slot && now - slot.firstMs < this.#options.repeatMs) {
      slot.event = counted(slot.event, this.#number, now);
      this.#unlink(slot);
      this.#append(slot);
      return slot.event;
    }
    const event = eventOf(input, this.#number, now);
    this.#insert(event, subject, what, now);
    return event;
  }

  list({ namespace, kind, name, limit }: EventFilter = {}): readonly Event[] {
    const found: Event[] = [];
    for (
      let slot = this.#newest;
      slot && found.length < (limit ?? Number.POSITIVE_INFINITY);
      slot = slot.older
    ) {
      const { involvedObject: of } = slot.event;
      const isAsked =
        (namespace === undefined || of.namespace === namespace) &&
        (kind === undefined || of.kind === kind) &&
        (name === undefined || of.name === name);
      if (isAsked) found.push(slot.event);
    }
    return found.reverse();
  }

  #insert(event: Event, subject: string, what: string, firstMs: number): void {
    const slot: Slot = { event, subject, what, firstMs, older: undefined, newer: undefined };
    this.#append(slot);
    const said = this.#latest.get(subject) ?? new Map();
    this.#latest.set(subject, said.set(what, slot));
    this.#size += 1;
    const oldest = this.#oldest;
    if (this.#size <= this.#options.eventsMax || !oldest) return;
    this.#unlink(oldest);
    this.#size -= 1;
    this.#forget(oldest);
  }

  #forget(slot: Slot): void {
    const said = this.#latest.get(slot.subject);
    if (said?.get(slot.what) !== slot) return;
    said.delete(slot.what);
    if (said.size === 0) this.#latest.delete(slot.subject);
  }

  #append(slot: Slot): void {
    slot.older = this.#newest;
    slot.newer = undefined;
    if (this.#newest) this.#newest.newer = slot;
    else this.#oldest = slot;
    this.#newest = slot;
  }

  #unlink({ older, newer }: Slot): void {
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}

/** What has a uid is known by it alone. */
function subjectOf({ kind, namespace, name, uid }: Event["involvedObject"]): string {
  return uid || `${kind}/${namespace}/${name}`;
}

function whatOf({ type, reason, message }: Pick<Event, "type" | "reason" | "message">): string {
  return `${reason} ${type} ${message}`;
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
