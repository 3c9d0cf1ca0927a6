import type { Arriving } from "../profiles.ts";
import type { Share } from "./schedule.ts";
import type { Tally } from "./tally.ts";

/** One player, from the moment it was due. */
export interface PlayerRun<World> {
  /** Of all players of the run, no other has this number. */
  readonly n: number;
  /** When it was due, in milliseconds of the run. */
  readonly dueMs: number;
  readonly staySeconds: number;
  readonly tally: Tally;
  readonly world: World;
  /** Ends the run before its time. */
  readonly signal: AbortSignal;
  /** Milliseconds of the run. */
  readonly now: () => number;
}

/** How the players of a scenario behave: what a module of `loadtest/players` exports as `players`. */
export interface Players<Options, World extends AsyncDisposable> {
  /** What all players of one generator share, such as its connections. */
  open(options: Options): Promise<World>;
  /** One player's way; what it rejects with was counted by a step. */
  play(run: PlayerRun<World>): Promise<void>;
}

/** What a generator is told at its start. */
export interface GeneratorOrder {
  /** The name of a module of `loadtest/players`. */
  readonly players: string;
  readonly options: unknown;
  readonly arriving: Arriving;
  readonly share: Share;
  /** In milliseconds since 1970. */
  readonly startAtMs: number;
  /** How long after the last arrival and its stay players may take to leave. */
  readonly leaveWithinMs: number;
  /** Added to each player's number. */
  readonly firstPlayer: number;
}

/** What a generator is told while it runs: to end at once, or that nobody else is to come. */
export type GeneratorCall = "stop" | "enough";

/** Steps that every scenario has. */
export const ARRIVE = "arrive";
/** Somebody was to come while as many were there as may be. */
export const TOO_MANY = "too many at once";
/** Somebody was still there when everybody should have left. */
export const NOT_FINISHED = "not finished in time";
