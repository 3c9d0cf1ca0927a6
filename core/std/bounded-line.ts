import { FleetError } from "./errors.ts";

export interface BoundedLineOptions {
  /** Pieces of work at once. */
  readonly runningMax: number;
  /** Pieces of work that may wait; more are UNAVAILABLE with `retryAfterSeconds`. */
  readonly waitingMax: number;
  /** What those are told who find the line full. */
  readonly full: string;
  readonly retryAfterSeconds: number;
}

/** Expensive work, a few pieces at once and the rest in a line of bounded length. */
export class BoundedLine {
  readonly #options: BoundedLineOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: BoundedLineOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Runs `work` when it is its turn; whose `signal` is aborted in the line leaves it. */
  async run<R>(work: () => Promise<R>, signal: AbortSignal): Promise<R> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { runningMax, waitingMax, full, retryAfterSeconds } = this.#options;
    if (this.#running < runningMax) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.size >= waitingMax)
      throw new FleetError("UNAVAILABLE", full, { retryAfterSeconds });
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(enter);
    });
  }

  /** The turn goes to whoever waits longest, or is free again. */
  #next(): void {
    const [enter] = this.#waiting;
    if (!enter) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(enter);
    enter();
  }
}
