import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
} from "../../core/model/game-server-state.ts";

/** How many servers of a set (or fleet) are in each state; one being deleted counts as Shutdown. */
export type Tally = Readonly<Record<GameServerState, number>>;

/** Servers that are there or on their way: everything but broken and leaving ones. */
export function aliveOf(tally: Tally): number {
  return sum(tally, (state) => ["starting", "up"].includes(GAME_SERVER_STATES[state].counts));
}
export function startingOf(tally: Tally): number {
  return sum(tally, (state) => GAME_SERVER_STATES[state].counts === "starting");
}
export function heldOf(tally: Tally): number {
  return sum(tally, (state) => GAME_SERVER_STATES[state].held);
}
/** Able to play now: Ready, Reserved or Allocated. */
export function availableOf(tally: Tally): number {
  return tally.Ready + heldOf(tally);
}
export function brokenOf(tally: Tally): number {
  return sum(tally, (state) => GAME_SERVER_STATES[state].counts === "broken");
}

export function addTallies(tallies: readonly Tally[]): Tally {
  const total = tallyOf(() => 0);
  for (const tally of tallies)
    for (const state of GAME_SERVER_STATE_NAMES) total[state] += tally[state];
  return total;
}

export function tallyOf(
  count: (state: GameServerState) => number,
): Record<GameServerState, number> {
  const pairs = GAME_SERVER_STATE_NAMES.map((state) => [state, count(state)] as const);
  return Object.fromEntries(pairs) as Record<GameServerState, number>;
}

function sum(tally: Tally, counts: (state: GameServerState) => boolean): number {
  return GAME_SERVER_STATE_NAMES.reduce((n, state) => n + (counts(state) ? tally[state] : 0), 0);
}
