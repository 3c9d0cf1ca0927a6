import { BoundedLine, type BoundedLineOptions } from "../../core/std/bounded-line.ts";

/** One piece of work at a time for each key: what would get into its own way does not. */
export class KeyedLine {
  readonly #options: Omit<BoundedLineOptions, "runningMax">;
  readonly #lines = new Map<string, { readonly line: BoundedLine; users: number }>();

  /** `waitingMax` is for each key. */
  constructor(options: Omit<BoundedLineOptions, "runningMax">) {
    this.#options = options;
  }

  /** Keys that somebody works on. */
  get size(): number {
    return this.#lines.size;
  }

  /** Runs `work` when it is its turn; whose `signal` is aborted in the line leaves it. */
  async run<R>(key: string, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const line = new BoundedLine({ ...this.#options, runningMax: 1 });
    const own = this.#lines.get(key) ?? { line, users: 0 };
    this.#lines.set(key, own);
    own.users += 1;
    try {
      return await own.line.run(work, signal);
    } finally {
      own.users -= 1;
      if (own.users === 0) this.#lines.delete(key);
    }
  }
}
