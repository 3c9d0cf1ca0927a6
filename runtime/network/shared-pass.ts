/** Runs a pass one at a time; whoever asks while one runs shares the next, which begins after they asked. */
export class SharedPass {
  readonly #pass: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(pass: () => Promise<void>) {
    this.#pass = pass;
  }

  run(): Promise<void> {
    this.#waiting ??= this.#last.then(() => {
      this.#waiting = undefined;
      return this.#pass();
    });
    this.#last = this.#waiting.catch(() => undefined);
    return this.#waiting;
  }
}
