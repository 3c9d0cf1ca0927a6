import { BoundedLine } from "../service/bounded-line.ts";

/** Changes of one user that may wait for each other. */
const WAITING_MAX = 100;

/** One change of a user at a time: those that come together would only lose races against each other. */
export class UserLines {
  readonly #lines = new Map<string, { readonly line: BoundedLine; inside: number }>();

  async run<R>(user: string, signal: AbortSignal, work: () => Promise<R>): Promise<R> {
    const entry = this.#lines.get(user) ?? { line: lineOfOne(), inside: 0 };
    this.#lines.set(user, entry);
    entry.inside += 1;
    try {
      return await entry.line.run(work, signal);
    } finally {
      entry.inside -= 1;
      if (entry.inside === 0) this.#lines.delete(user);
    }
  }
}

function lineOfOne(): BoundedLine {
  const full = "too much to do at the moment";
  return new BoundedLine({ runningMax: 1, waitingMax: WAITING_MAX, full, retryAfterSeconds: 1 });
}
