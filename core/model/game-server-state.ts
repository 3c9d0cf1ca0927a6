// biome-ignore format: one line per stage of life
export type GameServerState =
  | "PortAllocation" | "Creating" | "Starting" | "Scheduled" | "RequestReady"
  | "Ready" | "Reserved" | "Allocated"
  | "Unhealthy" | "Error" | "Shutdown";

/** What a state counts as for its set: on the way up, able to play, to be replaced, on the way out. */
type Counts = "starting" | "up" | "broken" | "leaving";
export interface GameServerStateRow {
  readonly counts: Counts;
  /** Never removed by scaling, rolling or placing. */
  readonly held: boolean;
  /** A container is wanted for it. */
  readonly runs: boolean;
  readonly next: readonly GameServerState[];
}
const row = (
  counts: Counts,
  held: boolean,
  runs: boolean,
  next: readonly GameServerState[],
): GameServerStateRow => ({ counts, held, runs, next });

/**
 * The whole life of a GameServer. Code asks this table; nothing else switches on a state.
 * Names and moves are Agones'. There is no pod, so `PortAllocation` and `Creating` wait for a node to take it,
 * `Starting` means that its container is being made there, `Scheduled` that it runs: address and ports are known.
 * A held server whose address is known goes back to `Ready` in one step; `RequestReady` is passed at a start.
 * A development server (annotation `agones.dev/dev-address`) goes from `Creating` to `Ready` at once.
 */
// biome-ignore format: a table is read by its columns
export const GAME_SERVER_STATES: Readonly<Record<GameServerState, GameServerStateRow>> = {
  //                   counts    held   runs   may become
  PortAllocation: row("starting", false, false, ["Creating", "Starting", "Error", "Shutdown"]),
  Creating:       row("starting", false, false, ["Starting", "Ready", "Error", "Shutdown"]),
  Starting:       row("starting", false, true,  ["Scheduled", "RequestReady", "Allocated", "Reserved", "Unhealthy", "Error", "Shutdown"]),
  Scheduled:      row("starting", false, true,  ["RequestReady", "Allocated", "Reserved", "Unhealthy", "Error", "Shutdown"]),
  RequestReady:   row("up",       false, true,  ["Ready", "Allocated", "Reserved", "Unhealthy", "Error", "Shutdown"]),
  Ready:          row("up",       false, true,  ["RequestReady", "Allocated", "Reserved", "Unhealthy", "Error", "Shutdown"]),
  Reserved:       row("up",       true,  true,  ["RequestReady", "Ready", "Allocated", "Unhealthy", "Error", "Shutdown"]),
  Allocated:      row("up",       true,  true,  ["RequestReady", "Ready", "Reserved", "Unhealthy", "Error", "Shutdown"]),
  Unhealthy:      row("broken",   false, false, ["Shutdown"]),
  Error:          row("broken",   false, false, ["Shutdown"]),
  Shutdown:       row("leaving",  false, false, []),
};

export const GAME_SERVER_STATE_NAMES = Object.keys(GAME_SERVER_STATES) as GameServerState[];

/** True when the table allows the move; staying is always allowed. */
export function mayBecome(from: GameServerState, to: GameServerState): boolean {
  return from === to || GAME_SERVER_STATES[from].next.includes(to);
}
