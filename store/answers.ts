import type { Remembered } from "./resource-store.ts";

export interface AnswersOptions {
  readonly answersMax: number;
  readonly answerAgeMsMax: number;
}

/** Answers by idempotency key, oldest first, bounded by age and number. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #byKey = new Map<string, Remembered>();
  /** Goes over the map from the oldest on and never starts again: a fresh iterator would walk over all that was deleted. */
  #walk: Iterator<Remembered> | undefined;
  #oldest: Remembered | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string, now: number): Remembered | undefined {
    const found = this.#byKey.get(key);
    return found && now - found.at < this.#options.answerAgeMsMax ? found : undefined;
  }

  /** Keeps `answer` as the youngest and returns what its key held before; drops what is too old or too many. */
  put(answer: Remembered): Remembered | undefined {
    const before = this.#byKey.get(answer.key);
    if (before) this.#byKey.delete(answer.key);
    this.#byKey.set(answer.key, answer);
    this.#prune(answer.at);
    return before;
  }

  /** Takes a `put` back. */
  undo(key: string, before: Remembered | undefined): void {
    if (before) this.#byKey.set(key, before);
    else this.#byKey.delete(key);
  }

  #prune(now: number): void {
    const { answersMax, answerAgeMsMax } = this.#options;
    for (;;) {
      const oldest = this.#findOldest();
      if (!oldest) return;
      if (this.#byKey.size <= answersMax && now - oldest.at < answerAgeMsMax) return;
      this.#byKey.delete(oldest.key);
    }
  }

  #findOldest(): Remembered | undefined {
    while (!this.#oldest || this.#byKey.get(this.#oldest.key) !== this.#oldest) {
      this.#walk ??= this.#byKey.values();
      const step = this.#walk.next();
      if (step.done) {
        this.#walk = undefined;
        this.#oldest = undefined;
        return undefined;
      }
      this.#oldest = step.value;
    }
    return this.#oldest;
  }
}
