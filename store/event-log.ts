import type { Event, EventInput } from "../core/model/event.ts";

export interface EventFilter {
  readonly namespace?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly limit?: number;
}

/** Events in a place of their own: they never share a commit with a resource, may lose the last second, and are bounded. */
export interface EventLog extends AsyncDisposable {
  /** Never blocks, never throws; over its bound the oldest go. Equal events within ten minutes raise `count`. */
  record(event: EventInput): void;
  /** Newest last. */
  list(filter?: EventFilter): readonly Event[];
  /** Called for each new or counted event. */
  onEvent(listener: (event: Event) => void): Disposable;
}
