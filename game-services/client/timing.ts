/** Time and chance as arguments, so that tests need not wait. */
export interface Timing {
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** 0 ≤ x < 1: spreads those who try again at the same moment. */
  readonly random: () => number;
}

export const systemTiming: Timing = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How long to wait before try `again` (0 is the first repetition): doubled each time, then half of it at random. */
export function waitMs(again: number, { firstMs, maxMs }: Backoff, random: () => number): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(again, 30));
  return whole / 2 + (whole / 2) * random();
}

/** Runs `work` until `signal` ends it, or `late` after `ms`. */
export async function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    reject(reason);
    ending.abort(reason);
  };
  const stop = (): void => end(signal?.reason);
  const timer = setTimeout(() => end(late()), ms);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await Promise.race([promise, work(ending.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
