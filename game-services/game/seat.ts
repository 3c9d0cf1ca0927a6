import { randomBytes } from "node:crypto";
import type { Point } from "./input.ts";
import { type Bucket, fullBucket, isAfter, taken, UDP_RATE } from "./rate.ts";
import { TOKEN_BYTES } from "./wire.ts";

/** Where the packets of a player come from. */
export interface Remote {
  readonly address: string;
  readonly port: number;
}

/** Where a player at `from` gets when `wanted` is asked for `elapsedMs` after the move before. */
export type Step = (from: Point, wanted: Point, elapsedMs: number) => Point;

/**
 * How often a packet from a player lets us tell it where everybody is, and how often several of them do at most: who is
 * silent is told nothing, so that nobody has us flood an address that is not its own.
 */
const TELLINGS_PER_PACKET = 20;
const TELLINGS_MAX = 60;

/** The one authority on where a player is: WebSocket and UDP both move through it. */
export class Seat {
  /** A secret of the player, told over the WebSocket. */
  readonly token: string = randomBytes(TOKEN_BYTES).toString("hex");
  /** Names the player in UDP packets. */
  readonly number: number;
  position: Point;
  remote: Remote | undefined;
  /** Packets that came, and those that are missing in the row of numbers or came too late. */
  received = 0;
  missed = 0;
  readonly #step: Step;
  #movedAt: number;
  #sequence: number | undefined;
  #bucket: Bucket;
  #tellings = 0;

  constructor(options: {
    readonly number: number;
    readonly position: Point;
    readonly step: Step;
    readonly now: number;
  }) {
    this.number = options.number;
    this.position = options.position;
    this.#step = options.step;
    this.#movedAt = options.now;
    this.#bucket = fullBucket(UDP_RATE, options.now);
  }

  /** Moves as far towards `wanted` as the rules allow. */
  move(wanted: Point, now: number): Point {
    this.position = this.#step(this.position, wanted, now - this.#movedAt);
    this.#movedAt = now;
    return this.position;
  }

  /** False when the player sends more packets than the rules allow. */
  admits(now: number): boolean {
    const left = taken(this.#bucket, UDP_RATE, now);
    if (left) this.#bucket = left;
    return left !== undefined;
  }

  /** A packet came from there: answers go to where the newest one came from. */
  heardFrom(remote: Remote): void {
    this.remote = remote;
    this.#tellings = Math.min(TELLINGS_MAX, this.#tellings + TELLINGS_PER_PACKET);
  }

  /** Where to tell the player once more where everybody is; undefined when it has said too little for that. */
  toTell(): Remote | undefined {
    if (this.#tellings === 0) return undefined;
    this.#tellings -= 1;
    return this.remote;
  }

  /** Counts a packet; false for one that is older than what is known already. */
  isNews(sequence: number): boolean {
    this.received += 1;
    if (!isAfter(sequence, this.#sequence)) return false;
    if (this.#sequence !== undefined) this.missed += ((sequence - this.#sequence) >>> 0) - 1;
    this.#sequence = sequence;
    return true;
  }
}

/** The seats of all rooms of this process, by their tokens. */
export class Seats {
  readonly #byToken = new Map<string, Seat>();
  #next = 0;

  get size(): number {
    return this.#byToken.size;
  }

  take(position: Point, step: Step, now: number): Seat {
    this.#next = (this.#next % 0xffff) + 1;
    return this.#add(new Seat({ number: this.#next, position, step, now }));
  }

  /** The same place for a player who came in anew; the old token moves it no more. */
  pass({ number, position, token }: Seat, step: Step, now: number): Seat {
    this.#byToken.delete(token);
    return this.#add(new Seat({ number, position, step, now }));
  }

  leave(seat: Seat): void {
    this.#byToken.delete(seat.token);
  }

  find(token: string): Seat | undefined {
    return this.#byToken.get(token);
  }

  #add(seat: Seat): Seat {
    this.#byToken.set(seat.token, seat);
    return seat;
  }
}
