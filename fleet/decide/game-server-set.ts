import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import { type ScaleDownRules, type SurplusCandidate, scaleDownOrder } from "./scale-down-order.ts";
import { aliveOf, startingOf, type Tally } from "./tally.ts";

/** How much one pass may do; what is left is done by the next. */
export interface PassLimits {
  readonly creationsMax: number;
  readonly shutdownsMax: number;
  readonly startingMax: number;
}

export interface SetDecision {
  readonly create: number;
  /** Servers too many; `pickSurplus` says which. */
  readonly remove: number;
}

/**
 * How many servers bring a set to `replicas`. Counts only, so that it costs the same for 10 and 100,000. One in Error is
 * not made anew before its delay is over, as Agones has it: a version that cannot start would else take every host port.
 * The same holds of `owed` servers that crashed at once.
 */
export function decideGameServerSet(
  replicas: number,
  tally: Tally,
  limits: PassLimits,
  owed = 0,
): SetDecision {
  const missing = replicas - aliveOf(tally);
  const waiting = startingOf(tally) + tally.Error;
  const headroom = Math.min(limits.creationsMax, limits.startingMax - waiting);
  return {
    create: Math.max(0, Math.min(missing - tally.Error - owed, headroom)),
    remove: Math.min(Math.max(0, -missing), limits.shutdownsMax),
  };
}

/** The servers to remove first, as `scaleDownOrder` says; a held server is never among them. */
export function pickSurplus(
  candidates: readonly SurplusCandidate[],
  count: number,
  rules: ScaleDownRules,
): readonly GameServer[] {
  const free = candidates.filter(({ server }) => isSurplus(server));
  return free
    .sort(scaleDownOrder(rules))
    .slice(0, count)
    .map(({ server }) => server);
}

/**
 * A broken server is replaced: at once when Unhealthy, after `errorDelayMs` when it could not even start. One that failed
 * in the future is not waited for: somebody has set the clock back.
 */
export function decideBroken(
  server: GameServer,
  sinceMs: number,
  errorDelayMs: number,
): { readonly remove: boolean; readonly because: Reason; readonly retryInMs?: number } {
  const isEarly = server.status.state === "Error" && sinceMs >= 0;
  const waits = isEarly ? errorDelayMs - sinceMs : 0;
  return waits > 0
    ? { remove: false, because: "Broken", retryInMs: waits }
    : { remove: true, because: "Broken" };
}

function isSurplus({ status, metadata }: GameServer): boolean {
  const row = GAME_SERVER_STATES[status.state];
  return !row.held && !metadata.deletionTimestamp && ["starting", "up"].includes(row.counts);
}
