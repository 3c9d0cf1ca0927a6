import { createSocket, type Socket } from "node:dgram";
import { Histogram } from "../histogram.ts";
import { decideDue, paceOf } from "./decide-due.ts";
import { Flow, type FlowSums, NO_SUMS } from "./flow.ts";
import { CODECS, type Wire } from "./packets.ts";

/** Where one player's packets go; `token` is the secret that the game gave it, for wire `game`. */
export interface UdpAim {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly token: string;
}
export interface UdpPlayersOptions {
  readonly wire: Wire;
  readonly hz: number;
  /** How long all of it goes on at most. */
  readonly secondsMax: number;
  readonly playersMax: number;
  /** Of how many players, over all threads, these are some: all of them together speak evenly. */
  readonly spreadOver: number;
  /** Milliseconds since the swarm began, the same in all its threads. */
  readonly now: () => number;
}
export interface SecondSums extends FlowSums {
  readonly roundTrips: readonly number[];
}
/** What became of one player's packets in some seconds. */
export interface PlayerSums extends FlowSums {
  readonly id: number;
}
export interface UdpTotals {
  readonly strays: number;
  /** Packets that the system did not take. */
  readonly unsent: number;
  readonly jitterMs: readonly number[];
}

interface Player {
  readonly id: number;
  readonly socket: Socket;
  readonly flow: Flow;
  aim: UdpAim | undefined;
  taken: number;
  /** Is away by its own will, so that its silence is none. */
  isResting: boolean;
}

const WAKE_EVERY_MS = 4;

/** Players of one thread, each with a socket of its own, as if each were a machine behind its own address. */
export class UdpPlayers implements AsyncDisposable {
  readonly #options: UdpPlayersOptions;
  readonly #players = new Map<number, Player>();
  readonly #roundTrips: Histogram[] = [];
  #timer: NodeJS.Timeout | undefined;
  #unsent = 0;

  constructor(options: UdpPlayersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#speak(), WAKE_EVERY_MS);
  }

  /** A player begins, or goes on somewhere else with the same row of numbers. */
  aim(aim: UdpAim): void {
    const { playersMax, secondsMax, now } = this.#options;
    const known = this.#players.get(aim.id);
    if (!known && this.#players.size >= playersMax)
      throw new Error(`a thread of the swarm has at most ${playersMax} players`);
    const player = known ?? this.#open(aim.id, new Flow(secondsMax, now()));
    if (player.isResting) player.flow.beginAnew(now());
    player.isResting = false;
    // Whoever comes in does not owe what would have been due before.
    player.taken = this.#due(player);
    player.aim = aim;
  }

  /** The player sends nothing more for now; one that was thrown out goes on being silent, one that left does not. */
  rest(id: number, isThrownOut: boolean): void {
    const player = this.#players.get(id);
    if (!player) return;
    player.aim = undefined;
    player.isResting = !isThrownOut;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  players(from: number, to: number): PlayerSums[] {
    const now = this.#options.now();
    return [...this.#players.values()].map(({ id, flow, isResting }) => {
      if (isResting) flow.beginAnew(now);
      return { id, ...flow.sums(from, to, now) };
    });
  }

  seconds(to: number): SecondSums[] {
    return Array.from({ length: to }, (_, second) => {
      const sums = { ...NO_SUMS };
      for (const one of this.players(second, second + 1)) {
        sums.sent += one.sent;
        sums.answered += one.answered;
        sums.duplicates += one.duplicates;
        sums.reordered += one.reordered;
        sums.skipped += one.skipped;
        sums.silenceMs = Math.max(sums.silenceMs, one.silenceMs);
      }
      return { ...sums, roundTrips: [...(this.#roundTrips[second]?.counts ?? [])] };
    });
  }

  totals(): UdpTotals {
    const flows = [...this.#players.values()].map(({ flow }) => flow);
    return {
      strays: flows.reduce((sum, { strays }) => sum + strays, 0),
      unsent: this.#unsent,
      jitterMs: flows.map(({ jitterMs }) => jitterMs),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    const all = [...this.#players.values()];
    this.#players.clear();
    await Promise.all(
      all.map(({ socket }) => new Promise<void>((done) => void socket.close(() => done()))),
    );
  }

  #open(id: number, flow: Flow): Player {
    const socket = createSocket("udp4");
    const player: Player = { id, socket, flow, aim: undefined, taken: 0, isResting: true };
    const { decode } = CODECS[this.#options.wire];
    // A port that refuses is a lost packet: the count of answers tells.
    socket.on("error", () => undefined);
    socket.on("message", (bytes) => {
      const now = this.#options.now();
      const echo = decode(bytes);
      const roundTrip = echo && flow.hear(echo.sequence, echo.sentMs, now);
      if (echo && roundTrip !== undefined) this.#roundTripsOf(echo.sentMs).add(roundTrip);
    });
    this.#players.set(id, player);
    return player;
  }

  #roundTripsOf(sentMs: number): Histogram {
    const second = Math.floor(sentMs / 1000);
    const known = this.#roundTrips[second] ?? new Histogram();
    this.#roundTrips[second] = known;
    return known;
  }

  #due({ id }: Player): number {
    const { hz, spreadOver, now } = this.#options;
    return decideDue(paceOf(id % spreadOver, spreadOver, hz), now());
  }

  #speak(): void {
    const { now, wire } = this.#options;
    for (const player of this.#players.values()) {
      const { aim, flow } = player;
      if (!aim) continue;
      const due = this.#due(player);
      if (due <= player.taken) continue;
      const skipped = due - player.taken - 1;
      player.taken = due;
      const sentMs = now();
      if (skipped > 0) flow.skip(skipped, sentMs);
      const sequence = flow.send(sentMs);
      if (sequence === undefined) continue;
      const bytes = CODECS[wire].encode(aim.token, { sequence, sentMs });
      player.socket.send(bytes, aim.port, aim.host, (error) => {
        if (error) this.#unsent += 1;
      });
    }
  }
}
