import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";

export interface BatcherOptions<Item, Result> {
  /** Items in one request. */
  readonly batchMax: number;
  /** How much one request may weigh in all; one item alone may weigh more. */
  readonly weightMax: number;
  readonly weightOf: (item: Item) => number;
  /** Items that may wait; one more is refused with EXHAUSTED. */
  readonly queueMax: number;
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  /** One request; UNAVAILABLE, TIMEOUT, STORAGE_FULL and EXHAUSTED are tried again, everything else is final. */
  readonly send: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What may be the fault of one item: the others are sent without it. */
const SPLIT = ["BAD_REQUEST", "TOO_LARGE"] as const;
const TRY_AGAIN = ["UNAVAILABLE", "TIMEOUT", "STORAGE_FULL", "EXHAUSTED"] as const;

/**
 * Sends items in the order they came, one request at a time: what comes meanwhile goes into the next. While the other
 * side is away the same batch is tried again, so the order of a subject's items holds. A batch that is refused for what
 * is in it is sent again in halves: the callers of a machine do not know each other, and one must not harm the others.
 */
export class LinkBatcher<Item, Result> implements Disposable {
  readonly #options: BatcherOptions<Item, Result>;
  readonly #stop = new AbortController();
  #queue: Waiting<Item, Result>[] = [];
  #isSending = false;

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves with the other side's result for this item. */
  add(item: Item): Promise<Result> {
    if (this.#stop.signal.aborted)
      return Promise.reject(new FleetError("UNAVAILABLE", "the link is closed"));
    if (this.#queue.length >= this.#options.queueMax)
      return Promise.reject(new FleetError("EXHAUSTED", "too much waits for the control plane"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      if (!this.#isSending) void this.#sendAll();
    });
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new FleetError("UNAVAILABLE", "the link is closed"));
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    // What is added in the same turn goes into the first request, too.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      await this.#sendBatch(batch);
      this.#queue = this.#queue.slice(batch.length);
    }
    this.#isSending = false;
  }

  #nextBatch(): readonly Waiting<Item, Result>[] {
    const { batchMax, weightMax, weightOf } = this.#options;
    let weight = 0;
    const isOver = ({ item }: Waiting<Item, Result>, i: number): boolean => {
      weight += weightOf(item);
      return i > 0 && weight > weightMax;
    };
    const most = this.#queue.slice(0, batchMax);
    const end = most.findIndex(isOver);
    return end < 0 ? most : most.slice(0, end);
  }

  async #sendBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const { clock, send, backoff } = this.#options;
    const { signal } = this.#stop;
    for (let attempt = 0; ; attempt++) {
      try {
        const results = await send(
          batch.map(({ item }) => item),
          signal,
        );
        if (results.length !== batch.length)
          throw new FleetError("INTERNAL", "the control plane answered another number of items");
        for (const [i, result] of results.entries()) batch[i]?.resolve(result);
        return;
      } catch (error) {
        if (batch.length > 1 && SPLIT.some((code) => isFleetError(error, code))) {
          const half = Math.ceil(batch.length / 2);
          await this.#sendBatch(batch.slice(0, half));
          return await this.#sendBatch(batch.slice(half));
        }
        const mayTryAgain = TRY_AGAIN.some((code) => isFleetError(error, code));
        const isClosed =
          !mayTryAgain ||
          signal.aborted ||
          (await slept(clock, backoffMs(attempt, backoff), signal));
        if (!isClosed) continue;
        for (const { reject } of batch) reject(signal.aborted ? signal.reason : error);
        return;
      }
    }
  }
}

/** Waits; true when the signal ended the wait. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  await clock.sleep(ms, signal).catch(() => undefined);
  return signal.aborted;
}
