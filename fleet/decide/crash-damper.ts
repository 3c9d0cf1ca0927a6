import type { GameServer } from "../../core/model/game-server.ts";

export interface CrashBounds {
  /** A server that ends by itself within this time of its creation has crashed at once. */
  readonly earlyMs: number;
  /** The first wait; the double after each further round, up to `maxMs`. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Without a crash for this long, the next one is the first again. */
  readonly forgetMs: number;
}

/** What a set remembers of its servers that crashed at once; monotonic milliseconds. */
export interface CrashMemory {
  /** How often in a row servers were made and crashed at once. */
  readonly rounds: number;
  readonly lastAt: number;
  /** So many servers are not made anew before then; others that are missing are. */
  readonly owed: number;
  readonly until: number;
}

export const NO_CRASHES: CrashMemory = { rounds: 0, lastAt: 0, owed: 0, until: 0 };

/**
 * True for a server whose program ended before it can have played: made anew at once it would do the same, many times a
 * second. What a lost node, a missed ping or a person ends is no crash. One of the future is none: a clock was set back.
 */
export function hasCrashedEarly(
  { status }: GameServer,
  ageMs: number,
  { earlyMs }: CrashBounds,
): boolean {
  const isCrash = status.reason === "Exited" || status.reason === "OOMKilled";
  return status.state === "Unhealthy" && isCrash && ageMs >= 0 && ageMs < earlyMs;
}

/** After `crashes` more. Those that come while others wait belong to the same round: many may fall over one cause. */
export function rememberCrashes(
  memory: CrashMemory,
  crashes: number,
  now: number,
  { firstMs, maxMs, forgetMs }: CrashBounds,
): CrashMemory {
  if (crashes === 0) return memory;
  if (now < memory.until) return { ...memory, lastAt: now, owed: memory.owed + crashes };
  const rounds = memory.rounds > 0 && now - memory.lastAt < forgetMs ? memory.rounds + 1 : 1;
  const waitMs = Math.min(maxMs, firstMs * 2 ** (rounds - 1));
  return { rounds, lastAt: now, owed: crashes, until: now + waitMs };
}

/** How many servers may not be made anew yet, and for how long. */
export function heldBack(
  { owed, until }: CrashMemory,
  now: number,
): { readonly owed: number; readonly leftMs: number } {
  return now < until ? { owed, leftMs: until - now } : { owed: 0, leftMs: 0 };
}
