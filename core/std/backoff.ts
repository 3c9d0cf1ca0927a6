export interface BackoffOptions {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** Milliseconds to wait before try `attempt` (0-based): exponential, bounded, without jitter. */
export function backoffMs(attempt: number, { firstMs, factor, maxMs }: BackoffOptions): number {
  return Math.min(maxMs, firstMs * factor ** Math.min(attempt, 64));
}
