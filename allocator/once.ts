import { FleetError, isFleetError } from "../core/std/errors.ts";
import type { Remembered, ResourceStore } from "../store/resource-store.ts";

/** The key of a request that may come again, in the caller's scope, and the hash of what it asked for. */
export interface Idempotency {
  readonly key: string;
  readonly bodyHash: string;
}
export interface OnceOptions {
  readonly store: ResourceStore;
  readonly now: () => number;
}
/** What is to be kept with the commit that an answer belongs to; undefined for a request without a key. */
export type Remember<T> = (answer: T) => Remembered | undefined;

/** The same key and body get the same answer for an hour, also after a crash, and while the first one is under way. */
export class Once {
  readonly #options: OnceOptions;
  readonly #underWay = new Map<string, { bodyHash: string; answer: Promise<unknown> }>();

  constructor(options: OnceOptions) {
    this.#options = options;
  }

  /**
   * The answer of `act`, which commits it with what `remember` says, or the one that the key got before. Throws
   * KEY_REUSED when the key came with another body.
   */
  async run<T>(
    idempotency: Idempotency | undefined,
    act: (remember: Remember<T>) => Promise<T>,
  ): Promise<T> {
    if (!idempotency) return await act(() => undefined);
    const { key, bodyHash } = idempotency;
    const known = this.#options.store.recall(key);
    const running = this.#underWay.get(key);
    const hash = running?.bodyHash ?? known?.bodyHash ?? bodyHash;
    if (hash !== bodyHash)
      throw new FleetError("KEY_REUSED", "this idempotency key came with another request before");
    if (running) return await this.#join(idempotency, running.answer as Promise<T>, act);
    if (known) return JSON.parse(known.answer) as T;
    const remember: Remember<T> = (answer) => {
      const at = this.#options.now();
      return { ...idempotency, answer: JSON.stringify(answer), at };
    };
    const answer = act(remember);
    this.#underWay.set(key, { bodyHash, answer });
    try {
      return await answer;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Who asked first may have gone while it waited; then the request is the one of who asked again. */
  async #join<T>(
    idempotency: Idempotency,
    answer: Promise<T>,
    act: (remember: Remember<T>) => Promise<T>,
  ): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!isFleetError(error, "CANCELLED")) throw error;
      return await this.run(idempotency, act);
    }
  }
}
