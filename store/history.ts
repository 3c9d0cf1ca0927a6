import { FleetError, messageOf } from "../core/std/errors.ts";
import type { Logger } from "../core/std/logger.ts";
import type { StoreEvent, Watch } from "./resource-store.ts";

type Listener = (event: StoreEvent) => void;

interface Watcher {
  readonly listener: Listener;
  /** Position of the next event to give. */
  next: number;
  closed: boolean;
}

/** The last durable events, oldest dropped first, and those who watch them. */
export class History {
  readonly #max: number;
  readonly #logger: Logger;
  readonly #ring: StoreEvent[] = [];
  readonly #watchers = new Set<Watcher>();
  /** Position of the next event to come; event `i` lies in slot `i % max`. */
  #end = 0;
  /** Position up to which every watcher that has caught up was given its events. */
  #given = 0;
  /** Watchers whose first events are still to be given. */
  readonly #fresh = new Set<Watcher>();
  /** Everything after this revision is here. */
  #floor: number;

  constructor(historyMax: number, floor: number, logger: Logger) {
    this.#max = historyMax;
    this.#floor = floor;
    this.#logger = logger;
  }

  /** Keeps an event. What somebody has not been given yet is given before its slot is used again. */
  push(event: StoreEvent): void {
    if (this.#fresh.size > 0 || this.#end - this.#given >= this.#max) this.#giveAll();
    const slot = this.#end % this.#max;
    const dropped = this.#ring[slot];
    if (dropped) this.#floor = dropped.revision;
    this.#ring[slot] = event;
    this.#end += 1;
  }

  /** Gives every watcher what was pushed since the last call. */
  dispatch(): void {
    for (const watcher of this.#watchers) if (!this.#fresh.has(watcher)) this.#give(watcher);
    this.#given = this.#end;
  }

  watch(from: number, head: number, listener: Listener): Watch {
    if (from < this.#floor || from > head) {
      const message = `revision ${from} is no longer in the history (${this.#floor} to ${head}); list again`;
      throw new FleetError("EXPIRED", message, { from, oldest: this.#floor, newest: head });
    }
    const next = this.#positionAfter(from);
    const watcher: Watcher = { listener, next, closed: false };
    this.#watchers.add(watcher);
    this.#fresh.add(watcher);
    queueMicrotask(() => {
      if (this.#fresh.delete(watcher)) this.#give(watcher);
    });
    return new HistoryWatch(watcher, this.#watchers);
  }

  /** Ends every watch. */
  close(): void {
    for (const watcher of this.#watchers) watcher.closed = true;
    this.#watchers.clear();
  }

  /** Not of a watcher that a listener makes meanwhile: it is not told before it is there. */
  #giveAll(): void {
    this.#fresh.clear();
    for (const watcher of [...this.#watchers]) this.#give(watcher);
    this.#given = this.#end;
  }

  #give(watcher: Watcher): void {
    while (!watcher.closed && watcher.next < this.#end) {
      const event = this.#ring[watcher.next % this.#max];
      watcher.next += 1;
      if (!event) continue;
      try {
        watcher.listener(event);
      } catch (error) {
        const because = messageOf(error);
        this.#logger.error({ because, revision: event.revision }, "a watch's listener failed");
      }
    }
  }

  /** Binary search: revisions only grow. */
  #positionAfter(from: number): number {
    let low = Math.max(0, this.#end - this.#max);
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const revision = this.#ring[middle % this.#max]?.revision ?? 0;
      if (revision > from) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

class HistoryWatch implements Watch {
  readonly #watcher: Watcher;
  readonly #all: Set<Watcher>;

  constructor(watcher: Watcher, all: Set<Watcher>) {
    this.#watcher = watcher;
    this.#all = all;
  }

  get closed(): boolean {
    return this.#watcher.closed;
  }

  [Symbol.dispose](): void {
    this.#watcher.closed = true;
    this.#all.delete(this.#watcher);
  }
}
