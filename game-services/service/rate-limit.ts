import { FleetError } from "../../core/std/errors.ts";

export interface RateLimitOptions {
  /** Per key and minute, all of which may come at once; 0 is no limit. */
  readonly perMinute: number;
  /** Keys that are remembered; the one unused for longest is forgotten first. */
  readonly keysMax: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const MINUTE_MS = 60_000;

/** A bucket of tokens for each key, in the memory of one process. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** Takes one token of `key`; EXHAUSTED, with `retryAfterSeconds`, when there is none. */
  take(key: string): void {
    const { perMinute, keysMax, now } = this.#options;
    if (perMinute === 0) return;
    const at = now();
    const { tokens, at: before } = this.#buckets.get(key) ?? { tokens: perMinute, at };
    const filled = Math.min(perMinute, tokens + ((at - before) * perMinute) / MINUTE_MS);
    const isRefused = filled < 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isRefused ? filled : filled - 1, at });
    if (this.#buckets.size > keysMax) this.#forgetOldest();
    if (!isRefused) return;
    const retryAfterSeconds = Math.ceil(((1 - filled) * MINUTE_MS) / perMinute / 1_000);
    throw new FleetError("EXHAUSTED", "too many requests", { retryAfterSeconds });
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
