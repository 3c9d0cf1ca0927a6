/** A token bucket: `perSecond` on average, `burst` at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}
export interface Bucket {
  readonly left: number;
  readonly at: number;
}

export const CHAT_RATE: Rate = { perSecond: 2, burst: 5 };
export const UDP_RATE: Rate = { perSecond: 120, burst: 120 };

export function fullBucket(rate: Rate, now: number): Bucket {
  return { left: rate.burst, at: now };
}

/** Takes one from the bucket; undefined when it is empty. */
export function taken({ left, at }: Bucket, rate: Rate, now: number): Bucket | undefined {
  const filled = Math.min(rate.burst, left + (Math.max(0, now - at) * rate.perSecond) / 1000);
  return filled < 1 ? undefined : { left: filled - 1, at: now };
}

/** True when sequence number `next` comes after `last`, wrapping at 2^32. */
export function isAfter(next: number, last: number | undefined): boolean {
  return last === undefined || ((next - last) | 0) > 0;
}
