import { assert } from "./assert.ts";
import { type BackoffOptions, backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { DelayedKeys } from "./delayed-keys.ts";
import { isFleetError } from "./errors.ts";
import type { Logger } from "./logger.ts";

export interface WorkQueueOptions {
  /** For the log. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Workers at once; never two on one key. */
  readonly concurrencyMax: number;
  /** Keys that wait, whether for a worker or for their time. */
  readonly queueMax: number;
  /** Waits after a key's failures in a row. */
  readonly backoff: BackoffOptions;
}
export type Worker = (key: string, signal: AbortSignal) => Promise<void>;

interface Failures {
  readonly count: number;
  /** Monotonic milliseconds before which the key is not tried again, whatever happens. */
  readonly notBefore: number;
}

/**
 * Keys to look at. Events never act, they only add a key; a key that waits already is not added twice; a key that is
 * added while its worker runs is looked at once more afterwards. A failed key comes back by itself, later each time;
 * an event in between brings it forward, but never closer than `backoff.firstMs` to its last failure.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #delayed: DelayedKeys;
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, Failures>();
  #refused = 0;
  #start: (() => void) | undefined;
  #isWoken = false;
  #waiters: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#delayed = new DelayedKeys(options.clock, (key) => this.#enqueue(key));
  }

  /** Keys that wait for a worker or for their time. */
  get size(): number {
    return this.#ready.size + this.#delayed.size + this.#again.size;
  }

  /** Keys that were not taken because the queue was full; who adds keys must look at everything again after one. */
  get refused(): number {
    return this.#refused;
  }

  /** False when the queue is full: then the key was not taken. */
  add(key: string): boolean {
    return this.addAfter(key, 0);
  }

  /** Like `add`, in `ms` milliseconds; the earliest of several times counts. */
  addAfter(key: string, ms: number): boolean {
    assert(!Number.isNaN(ms), `${key} is to be looked at after a time that is no number`);
    if (this.#ready.has(key)) return true;
    if (!this.#hasRoomFor(key)) return false;
    const now = this.#options.clock.monotonic();
    const at = Math.max(now + ms, this.#failures.get(key)?.notBefore ?? 0);
    if (at > now) this.#delayed.add(key, at);
    else this.#enqueue(key);
    return true;
  }

  /** Works until `signal` is aborted, then lets the workers that run finish. One `run` at a time. */
  async run(worker: Worker, signal: AbortSignal): Promise<void> {
    if (this.#start) throw new Error(`bug: the queue ${this.#options.name} runs already`);
    if (signal.aborted) return;
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true }),
    );
    this.#start = () => this.#fill(worker, signal);
    this.#start();
    await stopped;
    this.#start = undefined;
    this.#delayed.stop();
    while (this.#running.size > 0) await new Promise<void>((done) => this.#waiters.push(done));
  }

  #hasRoomFor(key: string): boolean {
    if (this.#delayed.has(key) || this.#again.has(key)) return true;
    if (this.size < this.#options.queueMax) return true;
    this.#refused++;
    return false;
  }

  #enqueue(key: string): void {
    this.#delayed.delete(key);
    if (this.#running.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#wake();
  }

  /**
   * Work never begins inside the event that asked for it: whoever adds a key may be in the middle of a change. All keys
   * of one turn of the loop are there before the first of them is looked at, each once.
   */
  #wake(): void {
    if (this.#isWoken || !this.#start) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      this.#start?.();
    });
  }

  #fill(worker: Worker, signal: AbortSignal): void {
    for (const key of this.#ready) {
      if (signal.aborted || this.#running.size >= this.#options.concurrencyMax) return;
      this.#ready.delete(key);
      this.#running.add(key);
      void this.#work(key, worker, signal);
    }
  }

  async #work(key: string, worker: Worker, signal: AbortSignal): Promise<void> {
    try {
      await worker(key, signal);
      this.#failures.delete(key);
    } catch (error) {
      this.#failed(key, error, signal);
    }
    this.#running.delete(key);
    if (this.#again.delete(key)) this.add(key);
    for (const done of this.#waiters.splice(0)) done();
    this.#start?.();
  }

  #failed(key: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { name, backoff, clock, logger } = this.#options;
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    const retryMs = backoffMs(count - 1, backoff);
    const now = clock.monotonic();
    this.#failures.set(key, { count, notBefore: now + backoff.firstMs });
    this.#delayed.add(key, now + retryMs);
    const fields = { queue: name, key, failures: count, retryMs, error };
    if (isFleetError(error, "CONFLICT")) logger.debug(fields, "somebody else wrote first");
    else logger.warn(fields, "work on a key failed");
  }
}
