/** How many wrong logins one user, or one address, has to its name. */
export interface Tries {
  readonly failed: number;
  /** Of the last one, on a clock that never goes back. */
  readonly atMs: number;
}
export interface TryLimits {
  /** Wrong ones that cost nothing. */
  readonly free: number;
  /** The wait after the first that is too many; each further one doubles it. */
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
  /** Without a wrong one for so long all is forgotten. */
  readonly forgetMs: number;
}
export const USER_LIMITS: TryLimits = {
  free: 5,
  firstWaitMs: 1_000,
  waitMsMax: 5 * 60_000,
  forgetMs: 15 * 60_000,
};
/** Many people may share an address. */
export const ADDRESS_LIMITS: TryLimits = { ...USER_LIMITS, free: 20 };

/** Milliseconds until the next try may come; 0 when it may come now. */
export function waitOf(tries: Tries | undefined, limits: TryLimits, now: number): number {
  if (!tries || tries.failed < limits.free) return 0;
  const doubled = limits.firstWaitMs * 2 ** Math.min(tries.failed - limits.free, DOUBLINGS_MAX);
  return Math.max(0, tries.atMs + Math.min(doubled, limits.waitMsMax) - now);
}
const DOUBLINGS_MAX = 40;

export function afterFailure(tries: Tries | undefined, limits: TryLimits, now: number): Tries {
  const isOld = tries === undefined || now - tries.atMs > limits.forgetMs;
  return { failed: isOld ? 1 : tries.failed + 1, atMs: now };
}

/** One household is one address: of IPv6 the first 64 bits. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array<string>(gap).fill("0"), ...back];
  const short = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${short.join(":")}::/64`;
}
