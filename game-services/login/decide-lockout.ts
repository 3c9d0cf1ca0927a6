export interface LockoutBounds {
  /** Wrong passwords in a row before an account is locked. */
  readonly failuresMax: number;
  readonly firstLockMs: number;
  /** Each further wrong password doubles the lock, up to this. */
  readonly lockMsMax: number;
}

/** Wrong passwords in a row, as they are kept with an account. */
export interface Failures {
  readonly count: number;
  /** Milliseconds since 1970: until then nobody may try. */
  readonly lockedUntil: number;
}

export const NO_FAILURES: Failures = { count: 0, lockedUntil: 0 };

/** How long an account is locked still; 0 when a password may be tried. */
export function lockedMs({ lockedUntil }: Failures, now: number): number {
  return Math.max(0, lockedUntil - now);
}

/** What is kept after one more wrong password. */
export function decideFailure(
  { count }: Failures,
  now: number,
  { failuresMax, firstLockMs, lockMsMax }: LockoutBounds,
): Failures {
  const next = count + 1;
  if (next < failuresMax) return { count: next, lockedUntil: 0 };
  const doublings = Math.min(next - failuresMax, 30);
  return { count: next, lockedUntil: now + Math.min(lockMsMax, firstLockMs * 2 ** doublings) };
}
