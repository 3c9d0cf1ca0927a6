/** A key that signs join tokens, in its time. Milliseconds since 1970. */
export interface JoinKey {
  readonly kid: string;
  readonly jwk: {
    readonly kty: "OKP";
    readonly crv: "Ed25519";
    readonly x: string;
    readonly d: string;
  };
  readonly publishedAt: number;
  readonly signsFrom: number;
  /** Since when it signs no more. */
  readonly retiredAt?: number;
}
export interface RotationBounds {
  /** How long one key signs. */
  readonly signsMs: number;
  /** How long before it signs, and after it has, a key is published: verifiers learn of it in this time. */
  readonly publishedMs: number;
}
export const ROTATION: RotationBounds = { signsMs: 24 * 3_600_000, publishedMs: 5 * 60_000 };

/** The key that signs now: the newest whose time has come. A clock that was set back leaves the oldest. */
export function signingKey(keys: readonly JoinKey[], now: number): JoinKey | undefined {
  const begun = keys.filter(({ signsFrom }) => signsFrom <= now);
  const byTime = (begun.length > 0 ? begun : keys).toSorted((a, b) => a.signsFrom - b.signsFrom);
  return begun.length > 0 ? byTime.at(-1) : byTime[0];
}

/**
 * The ring as it is to be now, and whether a key is to be added to it. The first key signs at once; each further one is
 * published ahead of its time, and each old one stays published for a while.
 */
export function turnRing(
  keys: readonly JoinKey[],
  now: number,
  { signsMs, publishedMs }: RotationBounds,
): { readonly keys: readonly JoinKey[]; readonly addFrom: number | undefined } {
  const current = signingKey(keys, now);
  if (!current) return { keys: [], addFrom: now };
  const marked = keys.map((key) => {
    const isOver = key.retiredAt === undefined && key.signsFrom < current.signsFrom;
    return isOver ? { ...key, retiredAt: Math.min(now, current.signsFrom) } : key;
  });
  const kept = marked.filter(
    ({ retiredAt }) => retiredAt === undefined || now < retiredAt + publishedMs,
  );
  const hasNext = kept.some(({ signsFrom }) => signsFrom > current.signsFrom);
  const nextFrom = Math.max(current.signsFrom + signsMs, now + publishedMs);
  const isTime = now >= current.signsFrom + signsMs - publishedMs;
  return { keys: kept, addFrom: !hasNext && isTime ? nextFrom : undefined };
}
