import type { Lines } from "../../api/link-fan-out.ts";
import type { LinkEvent } from "../../core/model/link.ts";
import type { Way } from "./network.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A reader of a broken way finds out after so long. */
const SILENCE_MS = 3_000;

/** A watch on its way to a node: lines arrive in order, each after its delay, until the way is cut or an end is broken. */
export class LineStream implements Lines {
  readonly broken: Promise<void>;
  readonly #time: VirtualTime;
  readonly #way: Way;
  readonly #take: (event: LinkEvent) => void;
  readonly #closed = new AbortController();
  readonly #tellBroken: () => void;
  readonly #underWay: string[] = [];
  #arrival = 0;
  #isCut = false;

  constructor(time: VirtualTime, way: Way, signal: AbortSignal, take: (event: LinkEvent) => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.broken = promise;
    this.#tellBroken = resolve;
    this.#time = time;
    this.#way = way;
    this.#take = take;
    signal.addEventListener("abort", () => this.break(), { once: true });
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  write(lines: string): void {
    if (this.#isCut || this.closed.aborted) return;
    if (this.#way.isCut) {
      // Nothing after a hole may arrive: the reader resumes from before it.
      this.#isCut = true;
      this.#time.after(SILENCE_MS, () => this.break());
      return;
    }
    const now = this.#time.monotonic();
    this.#arrival = Math.max(this.#arrival, now + this.#way.delayMs());
    // The clock rounds long waits up, so that timers may ring in another order: lines do not.
    this.#underWay.push(lines);
    this.#time.after(this.#arrival - now, () => this.#arrive(this.#underWay.shift() ?? ""));
  }

  async drained(): Promise<void> {}

  end(): void {
    this.break();
  }

  [Symbol.dispose](): void {
    this.break();
  }

  break(): void {
    this.#closed.abort();
    this.#tellBroken();
  }

  #arrive(lines: string): void {
    if (this.closed.aborted) return;
    try {
      for (const line of lines.split("\n")) if (line !== "") this.#take(JSON.parse(line));
    } catch {
      this.break();
    }
  }
}
