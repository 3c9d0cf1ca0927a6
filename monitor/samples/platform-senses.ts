import { monitorEventLoopDelay } from "node:perf_hooks";
import type { PlatformSample } from "./samples.ts";
import { SecondLatencies } from "./second-latencies.ts";

const RESOLUTION_MS = 10;
const NANOS_PER_MS = 1e6;

/** What the control plane's own process notices in the second that runs. */
export class PlatformSenses implements Disposable {
  readonly #allocations = new SecondLatencies();
  readonly #appends = new SecondLatencies();
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>;
  #refused = 0;

  constructor() {
    this.#loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#loop.enable();
  }

  /** A request for a server or a room was answered. */
  readonly allocated = (status: string, seconds: number): void => {
    if (status === "Allocated") this.#allocations.add(seconds * 1_000);
    else this.#refused += 1;
  };

  /** The journal took a group of commits. */
  readonly appended = (ms: number): void => {
    this.#appends.add(ms);
    this.onAppended?.(ms);
  };
  /** Who is told of each group, too. */
  onAppended: ((ms: number) => void) | undefined;

  /** What happened since the last look, `seconds` ago. */
  take(seconds: number): Omit<PlatformSample, "waiting" | "players" | "rooms"> {
    const { count, p50, p99 } = this.#allocations.take();
    const refused = this.#refused / seconds;
    this.#refused = 0;
    const loopLag = Math.max(0, this.#loop.percentile(99) / NANOS_PER_MS - RESOLUTION_MS);
    this.#loop.reset();
    return {
      allocations: count / seconds,
      allocationP50: p50,
      allocationP99: p99,
      refused,
      storeP99: this.#appends.take().p99,
      loopLag: Number.isFinite(loopLag) ? loopLag : 0,
      memory: process.memoryUsage.rss(),
    };
  }

  [Symbol.dispose](): void {
    this.#loop.disable();
  }
}
