/** Says what was done and how long it took, one line each. */
export class Progress {
  readonly #say: (line: string) => void;
  readonly #now: () => number;
  #last: number;

  /** `now` is monotonic. */
  constructor(options: { readonly say: (line: string) => void; readonly now: () => number }) {
    this.#say = options.say;
    this.#now = options.now;
    this.#last = options.now();
  }

  done(what: string): void {
    const now = this.#now();
    this.#say(`✓ ${what} (${((now - this.#last) / 1000).toFixed(1)} s)`);
    this.#last = now;
  }

  note(what: string): void {
    this.#say(`· ${what}`);
  }
}
