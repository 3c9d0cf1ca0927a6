import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";

interface Entry {
  readonly key: string;
  readonly at: number;
}

/** Made once: an abort without a reason makes an error with a stack each time. */
const CANCELLED = new Error("another key is due first");
/** Passed-over entries that may lie in the heap beyond as many as there are keys. */
const STALE_MAX = 64;

/** Keys that become due at a time: one timer for all of them, the earliest time of a key counts. */
export class DelayedKeys {
  readonly #clock: Clock;
  readonly #onDue: (key: string) => void;
  readonly #dueAt = new Map<string, number>();
  /** By time; entries that are no longer the key's time are passed over. */
  readonly #heap = new Heap<Entry>((a, b) => a.at < b.at);
  #timer: { readonly at: number; readonly cancel: AbortController } | undefined;

  constructor(clock: Clock, onDue: (key: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  has(key: string): boolean {
    return this.#dueAt.has(key);
  }

  /** `at` in monotonic milliseconds. */
  add(key: string, at: number): void {
    if ((this.#dueAt.get(key) ?? Number.POSITIVE_INFINITY) <= at) return;
    this.#dueAt.set(key, at);
    this.#heap.push({ key, at });
    this.#arm();
  }

  delete(key: string): void {
    if (this.#dueAt.delete(key) && this.#heap.size > 2 * this.#dueAt.size + STALE_MAX)
      this.#compact();
  }

  /** Forgets everything that waits. */
  stop(): void {
    this.#dueAt.clear();
    this.#heap.clear();
    this.#timer?.cancel.abort(CANCELLED);
    this.#timer = undefined;
  }

  #compact(): void {
    this.#heap.clear();
    for (const [key, at] of this.#dueAt) this.#heap.push({ key, at });
  }

  #arm(): void {
    const { first } = this.#heap;
    if (!first || (this.#timer && this.#timer.at <= first.at)) return;
    this.#timer?.cancel.abort(CANCELLED);
    const timer = { at: first.at, cancel: new AbortController() };
    this.#timer = timer;
    const waitMs = Math.max(0, first.at - this.#clock.monotonic());
    this.#clock.sleep(waitMs, timer.cancel.signal).then(
      () => this.#ring(timer),
      () => undefined,
    );
  }

  #ring(timer: object): void {
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const due: string[] = [];
    for (let top = this.#heap.first; top && top.at <= now; top = this.#heap.first) {
      this.#heap.pop();
      if (this.#dueAt.get(top.key) !== top.at) continue;
      this.#dueAt.delete(top.key);
      due.push(top.key);
    }
    this.#arm();
    for (const key of due) this.#onDue(key);
  }
}
