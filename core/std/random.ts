/** Numbers that look random and are the same for the same seed: for simulations and tests, never for secrets. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** One of `items`; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined;
  /** A new array in another order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** A generator of 32 bits of state (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(items: readonly T[]): T | undefined => items[integer(0, items.length - 1)];
  return { next, integer, pick, shuffle: (items) => shuffle(items, integer) };
}

function shuffle<T>(items: readonly T[], integer: (min: number, max: number) => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = integer(0, i);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
