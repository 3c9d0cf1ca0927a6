import { type RawJoin, RawPlayer } from "../../bench/raw-player.ts";
import { Histogram } from "../histogram.ts";
import { closeCause, joinFailure } from "./close-causes.ts";

/** How one player comes in; `id` is a whole number from 0 on. */
export interface SocketJoin extends Omit<RawJoin, "signal"> {
  readonly id: number;
  /** Asks the game for the secret of UDP packets, too. */
  readonly wantsUdp: boolean;
}
export interface SocketPlayersOptions {
  /** Joins begun in a second. */
  readonly perSecond: number;
  readonly joiningMax: number;
  readonly socketsMax: number;
  readonly joinWithinMs: number;
  /** Between two questions of a player that is in; 0: all are silent. */
  readonly echoEveryMs: number;
  /** Milliseconds since the swarm began. */
  readonly now: () => number;
  readonly tell: (event: SocketEvent) => void;
}
export type SocketEvent =
  | {
      readonly what: "joined";
      readonly id: number;
      readonly atMs: number;
      readonly udpToken: string;
    }
  | { readonly what: "failed"; readonly id: number; readonly atMs: number; readonly cause: string }
  | { readonly what: "closed"; readonly id: number; readonly atMs: number; readonly cause: string };
export interface SocketSecond {
  joined: number;
  failed: number;
  closed: number;
  open: number;
  replies: number;
  replyMaxMs: number;
}
export interface SocketReport {
  readonly asked: number;
  readonly seconds: readonly SocketSecond[];
  readonly replies: readonly number[];
  readonly joinTimes: readonly number[];
  readonly failures: Readonly<Record<string, number>>;
  readonly closes: Readonly<Record<string, number>>;
}

const CAUSES_MAX = 30;
/** Colyseus: the player wants to go, and is not waited for. */
const LEFT = 4000;

/** WebSockets of one process: they come in at a rate, stay, and are counted when somebody else closes them. */
export class SocketPlayers implements Disposable {
  readonly #options: SocketPlayersOptions;
  readonly #open = new Map<number, RawPlayer>();
  readonly #queue: SocketJoin[] = [];
  readonly #seconds: SocketSecond[] = [];
  readonly #replies = new Histogram();
  readonly #joinTimes = new Histogram();
  readonly #failures: Record<string, number> = {};
  readonly #closes: Record<string, number> = {};
  readonly #timers: readonly NodeJS.Timeout[];
  #asked = 0;
  #joining = 0;
  #begun = 0;
  #since: number;

  constructor(options: SocketPlayersOptions) {
    this.#options = options;
    this.#since = options.now();
    const { echoEveryMs } = options;
    const echoes = echoEveryMs > 0 ? [setInterval(() => this.#ask(), echoEveryMs / 10)] : [];
    this.#timers = [setInterval(() => this.#begin(), 20), ...echoes];
  }

  /** They stand in line and begin at the rate. */
  join(joins: readonly SocketJoin[]): void {
    if (
      this.#open.size + this.#joining + this.#queue.length + joins.length >
      this.#options.socketsMax
    )
      throw new Error(`a process of the swarm holds at most ${this.#options.socketsMax} sockets`);
    // Who waits for nothing has no rate to make up for.
    if (this.#queue.length === 0) [this.#since, this.#begun] = [this.#options.now(), 0];
    this.#queue.push(...joins);
    this.#asked += joins.length;
  }

  /** They go by themselves, which is no close that is counted. */
  leave(ids: readonly number[]): void {
    for (const id of ids) {
      const player = this.#open.get(id);
      this.#open.delete(id);
      player?.socket.close(LEFT);
    }
  }

  report(): SocketReport {
    this.#second();
    return {
      asked: this.#asked,
      seconds: this.#seconds,
      replies: [...this.#replies.counts],
      joinTimes: [...this.#joinTimes.counts],
      failures: this.#failures,
      closes: this.#closes,
    };
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#queue.length = 0;
    for (const { socket } of this.#open.values()) socket.terminate();
    this.#open.clear();
  }

  #begin(): void {
    this.#second();
    const { perSecond, joiningMax, now } = this.#options;
    const due = Math.floor(((now() - this.#since) * perSecond) / 1000) + 1;
    while (this.#begun < due && this.#joining < joiningMax) {
      const join = this.#queue.shift();
      if (!join) return;
      this.#begun += 1;
      void this.#joinOne(join);
    }
  }

  async #joinOne({ id, wantsUdp, ...join }: SocketJoin): Promise<void> {
    const { now, tell, joinWithinMs } = this.#options;
    const began = now();
    this.#joining += 1;
    let player: RawPlayer | undefined;
    try {
      const signal = AbortSignal.timeout(joinWithinMs);
      player = await RawPlayer.join({ ...join, signal });
      const udpToken = wantsUdp ? await player.udpToken(signal) : "";
      if (!player.isOpen) throw new Error("closed before it was in");
      this.#enter(id, player);
      this.#joinTimes.add(now() - began);
      this.#second().joined += 1;
      tell({ what: "joined", id, atMs: now(), udpToken });
    } catch (error) {
      player?.socket.terminate();
      const cause = joinFailure(error);
      count(this.#failures, cause);
      this.#second().failed += 1;
      tell({ what: "failed", id, atMs: now(), cause });
    } finally {
      this.#joining -= 1;
    }
  }

  #enter(id: number, player: RawPlayer): void {
    const { now, tell } = this.#options;
    this.#open.set(id, player);
    player.onReply((ms) => {
      const second = this.#second();
      second.replies += 1;
      second.replyMaxMs = Math.max(second.replyMaxMs, ms);
      this.#replies.add(ms);
    });
    player.socket.once("close", (code) => {
      // Who came in anew, or left, has another socket or none.
      if (this.#open.get(id) !== player) return;
      this.#open.delete(id);
      const cause = closeCause(code);
      count(this.#closes, cause);
      this.#second().closed += 1;
      tell({ what: "closed", id, atMs: now(), cause });
    });
  }

  /** A tenth of the players each time. */
  #ask(): void {
    const tenth = Math.floor(this.#options.now() / (this.#options.echoEveryMs / 10)) % 10;
    for (const [id, player] of this.#open) if (id % 10 === tenth && player.isOpen) player.echo();
  }

  #second(): SocketSecond {
    const at = Math.floor(this.#options.now() / 1000);
    for (let n = this.#seconds.length; n <= at; n++)
      this.#seconds[n] = { joined: 0, failed: 0, closed: 0, open: 0, replies: 0, replyMaxMs: 0 };
    const second = this.#seconds[at] as SocketSecond;
    second.open = this.#open.size;
    return second;
  }
}

function count(counts: Record<string, number>, cause: string): void {
  const known = cause in counts || Object.keys(counts).length < CAUSES_MAX ? cause : "other";
  counts[known] = (counts[known] ?? 0) + 1;
}
