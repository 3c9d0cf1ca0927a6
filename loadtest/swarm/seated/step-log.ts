import { Merge } from "../../generator/merge.ts";
import { Tally } from "../../generator/tally.ts";
import type { RunResult } from "../../report/run-result.ts";
import type { Progress } from "../../scenario.ts";

/** Steps of players who are driven from here, second by second, as the generators' are. */
export class StepLog implements Disposable {
  readonly tally: Tally;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  readonly #merge = new Merge(1);
  readonly #progress: Progress;
  readonly #timer: NodeJS.Timeout;
  #second = 0;

  constructor(now: () => number, progress: Progress) {
    this.now = now;
    this.#progress = progress;
    this.tally = new Tally(now);
    this.#timer = setInterval(() => this.#close(), 200);
  }

  get steps(): RunResult["steps"] {
    return this.#merge.steps;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#close();
  }

  /** Seconds that have passed without a look get nothing: the last look has it. */
  #close(): void {
    while (this.#second < Math.floor(this.now() / 1000)) {
      const done = this.#merge.add(0, this.tally.take(this.#second++));
      for (const one of done) this.#progress.second(one);
    }
  }
}
