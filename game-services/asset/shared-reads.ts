/**
 * Reads of the same thing that come together are made once. A read is shared only with those that asked before it
 * began, so that everybody sees what was written before they asked, by whichever process.
 */
export class SharedReads<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #waiting = new Map<string, Promise<T>>();

  read(key: string, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting;
    const before = this.#running.get(key)?.then(nothing, nothing) ?? turn();
    const next = before.then(() => this.#begin(key, work));
    this.#waiting.set(key, next);
    return next;
  }

  #begin(key: string, work: () => Promise<T>): Promise<T> {
    this.#waiting.delete(key);
    const running = work();
    this.#running.set(key, running);
    const end = (): void => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    running.then(end, end);
    return running;
  }
}

const nothing = (): void => undefined;

/** After everything that came in with this turn of the loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
