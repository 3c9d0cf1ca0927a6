import { setTimeout as sleep } from "node:timers/promises";
import type { PlayerRun } from "../generator/players.ts";
import { StepFailed } from "../generator/tally.ts";
import type { MapPlayer } from "./map-player.ts";
import { SIDE } from "./maps.ts";

/** A message each half second, as somebody who holds a key sends them. */
const TURN_MS = 500;
/** What players do instead of a step, in which of how many turns. */
const ECHO = { every: 10, at: 1 } as const;
const CHAT = { every: 20, at: 2 } as const;
const WALK = { every: 20, at: 4 } as const;
/** How far from the middle players walk, in tiles: whoever comes meets others. */
const REACH = 5;
/** From edge to edge of that; a turn brings a player one tile and a quarter. */
const WALK_TURNS_MAX = 24;

type Run = Pick<PlayerRun<unknown>, "n" | "tally" | "signal" | "staySeconds" | "now">;
const isTurn = (turn: number, { every, at }: typeof ECHO | typeof CHAT | typeof WALK): boolean =>
  turn % every === at;

/** What a player does on a map until its stay is over: walks about, asks for replies and talks, each in its turn. */
export class Playing {
  readonly #run: Run;
  readonly #player: MapPlayer;
  #place: { readonly x: number; readonly y: number };
  #walking: Promise<void> | undefined;

  constructor(run: Run, player: MapPlayer) {
    this.#run = run;
    this.#player = player;
    this.#place = placeNear(run.n);
  }

  /** Who is on the way when the stay is over gets there first. */
  async play(): Promise<void> {
    const { n, tally, staySeconds, now } = this.#run;
    const began = now();
    const turns = Math.floor((staySeconds * 1_000) / TURN_MS);
    for (let turn = 0; turn < turns || this.#walking; turn++) {
      await this.#until(began + turn * TURN_MS);
      if (turn >= turns + WALK_TURNS_MAX) await this.#walking;
      else if (isTurn(turn, ECHO)) await tally.step("reply", () => this.#player.echo());
      else if (isTurn(turn, CHAT))
        await tally.step("chat", () => this.#player.say(`line ${turn} of player ${n}`));
      else {
        if (isTurn(turn, WALK) && turn < turns) await this.#walkTo(placeNear(n + turn));
        this.#player.move(this.#place.x, this.#place.y);
      }
    }
  }

  /** Turns keep their time, however long the one before took. */
  async #until(ms: number): Promise<void> {
    const { now, signal } = this.#run;
    const wait = ms - now();
    // To listen to the signal costs as much as to wait: it is looked at within a turn.
    if (wait > 0) await sleep(wait);
    signal.throwIfAborted();
    if (!this.#player.isOpen) throw new StepFailed("the game closed the connection");
  }

  /** Further turns bring the player there; one that looks sees itself arrive. */
  async #walkTo(place: { readonly x: number; readonly y: number }): Promise<void> {
    await this.#walking;
    this.#place = place;
    const { arrived } = this.#player;
    if (!arrived) return;
    this.#walking = this.#run.tally
      .step("walk", () => arrived(place.x, place.y))
      .then(() => {
        this.#walking = undefined;
      });
    // The next walk, or the end, hears of it.
    this.#walking.catch(() => undefined);
  }
}

/** Spread around the middle, each time elsewhere; the same for the same number. */
function placeNear(n: number): { readonly x: number; readonly y: number } {
  const angle = n * 2.399963;
  const far = REACH * Math.sqrt((n * 0.618034) % 1);
  return { x: SIDE / 2 + far * Math.cos(angle), y: SIDE / 2 + far * Math.sin(angle) };
}
