import { findPath } from "../view/find-path.ts";
import type { Point } from "../view/grid.ts";
import { predicted } from "../view/predict.ts";
import { directionOf, isWalk, STANDING, type Walk, walkedOn } from "../view/walk.ts";
import type { MapGame } from "./map-game.ts";

const SEND_EVERY_MS = 66;
/** Who has not come on for so long stands before something. */
const STUCK_MS = 700;
/** After a stop the game is told where for so long; then what it says counts. */
const SETTLE_MS = 500;
/** Nobody sees that a position is not quite the same. */
const SAME = 0.02;
const STEP_MS_MAX = 100;

/**
 * Walks by keys and clicks at once, on this side, and tells the game some times a second where to. The game is right
 * where it sees things otherwise.
 */
export class WalkerLoop {
  readonly #game: MapGame;
  readonly #held = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;
  #walk: Walk = STANDING;
  #at: Point | undefined;
  #atMs = 0;
  #cameOnMs = 0;
  #stoppedMs = Number.NEGATIVE_INFINITY;

  constructor(game: MapGame) {
    this.#game = game;
    this.#timer = setInterval(() => this.#tell(performance.now()), SEND_EVERY_MS);
  }

  /** Where a click wants to go; undefined while keys lead, and when it has arrived. */
  get goal(): Point | undefined {
    return this.#walk.points.at(-1);
  }
  get isWalking(): boolean {
    return isWalk(this.#walk);
  }

  /** Where the player is shown at a moment. */
  positionAt(nowMs: number): Point | undefined {
    const server = this.#server();
    if (!server) return undefined;
    const before = this.#at ?? server;
    const seconds = Math.min(STEP_MS_MAX, Math.max(0, nowMs - this.#atMs)) / 1_000;
    const isSettled = nowMs - this.#stoppedMs > SETTLE_MS;
    const { blocked } = this.#game.world;
    this.#at = predicted(before, { walk: this.#walk, blocked, server, seconds, isSettled });
    this.#atMs = nowMs;
    if (Math.hypot(this.#at.x - before.x, this.#at.y - before.y) > SAME * seconds)
      this.#cameOnMs = nowMs;
    this.#follow(nowMs);
    return this.#at;
  }

  press(code: string): void {
    this.#held.add(code);
    this.#turn(directionOf(this.#held));
  }
  release(code: string): void {
    if (this.#held.delete(code)) this.#turn(directionOf(this.#held));
  }
  /** The page lost the keys: nobody will tell when they are let go. */
  releaseAll(): void {
    if (this.#held.size === 0) return;
    this.#held.clear();
    this.#turn(directionOf(this.#held));
  }

  walkTo(to: Point): void {
    const now = performance.now();
    const at = this.positionAt(now);
    if (!at) return;
    this.#cameOnMs = now;
    this.#become({ ...STANDING, points: findPath(this.#game.world.blocked, at, to) }, now);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #turn(direction: Point): void {
    const now = performance.now();
    this.positionAt(now);
    this.#cameOnMs = now;
    this.#become({ direction, points: [] }, now);
  }

  /** Points that were reached are done, and a way that leads nowhere is given up. */
  #follow(nowMs: number): void {
    const isStuck = nowMs - this.#cameOnMs > STUCK_MS;
    if (this.#walk.points.length === 0 || !this.#at) return;
    this.#become(isStuck ? STANDING : walkedOn(this.#walk, this.#at), nowMs);
  }

  #become(walk: Walk, nowMs: number): void {
    if (this.isWalking && !isWalk(walk)) this.#stoppedMs = nowMs;
    this.#walk = walk;
  }

  /** The game moves with each message only: it hears where to until it is there. */
  #tell(nowMs: number): void {
    const at = this.positionAt(nowMs);
    const server = this.#server();
    if (!at || !server) return;
    const isThere = Math.hypot(at.x - server.x, at.y - server.y) < SAME;
    if (this.isWalking || (!isThere && nowMs - this.#stoppedMs < SETTLE_MS)) this.#game.move(at);
  }

  #server(): Point | undefined {
    const { me } = this.#game.seen.value;
    return me === undefined ? undefined : this.#game.world.positionOf(me);
  }
}
