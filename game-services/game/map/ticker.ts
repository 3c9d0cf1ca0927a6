export interface TickerOptions {
  readonly periodMs: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** How late each tick was, in milliseconds. */
  readonly onTick: (lateMs: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Rooms whose ticks fall into one slot are served one after the other. */
const SLOT_MS = 5;

/**
 * The heartbeat of all rooms of a process: each ticks once a period, and they are spread over it, so that not all of them
 * want the processor in the same moment. Who is late by a period or more leaves ticks out.
 */
export class Ticker implements Disposable {
  readonly #options: TickerOptions;
  readonly #slots: readonly Set<() => void>[];
  readonly #began: number;
  /** Counts slots since the beginning. */
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TickerOptions) {
    this.#options = options;
    const slots = Math.max(1, Math.floor(options.periodMs / SLOT_MS));
    this.#slots = Array.from({ length: slots }, () => new Set());
    this.#began = options.now();
  }

  /** Calls `tick` once a period from now on; the answer ends it. */
  add(tick: () => void): () => void {
    const slot = this.#slots.reduce((a, b) => (b.size < a.size ? b : a));
    slot.add(tick);
    if (this.#timer === undefined) {
      this.#next = Math.ceil((this.#options.now() - this.#began) / this.#slotMs);
      this.#arm();
    }
    return () => void slot.delete(tick);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const slot of this.#slots) slot.clear();
  }

  get #slotMs(): number {
    return this.#options.periodMs / this.#slots.length;
  }

  /** Sleeps until the next slot in which somebody is. */
  #arm(): void {
    this.#timer = undefined;
    const count = this.#slots.length;
    let ahead = 0;
    while (ahead < count && this.#slots[(this.#next + ahead) % count]?.size === 0) ahead += 1;
    if (ahead === count) return;
    this.#next += ahead;
    const wait = this.#dueAt(this.#next) - this.#options.now();
    this.#timer = setTimeout(() => this.#run(), Math.max(0, wait));
  }

  /** The slot that is due, and those after it that are due as well; but no longer than a slot, for others wait, too. */
  #run(): void {
    const { now } = this.#options;
    const began = now();
    do this.#runSlot();
    while (this.#dueAt(this.#next) <= began && now() < began + this.#slotMs);
    this.#arm();
  }

  #runSlot(): void {
    const { now, periodMs } = this.#options;
    const due = this.#dueAt(this.#next);
    for (const tick of this.#slots[this.#next % this.#slots.length] ?? []) this.#call(tick, due);
    const missed = Math.floor((now() - due) / periodMs);
    this.#next += 1 + Math.max(0, missed) * this.#slots.length;
  }

  #dueAt(slot: number): number {
    return this.#began + slot * this.#slotMs;
  }

  #call(tick: () => void, due: number): void {
    const { now, onTick, onError } = this.#options;
    onTick(Math.max(0, now() - due));
    try {
      tick();
    } catch (error) {
      onError(error);
    }
  }
}
