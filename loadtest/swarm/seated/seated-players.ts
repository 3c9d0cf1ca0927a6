import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "../../generator/tally.ts";
import type { SwarmRecord } from "../../report/run-result.ts";
import type { Asked } from "../../scaling/decide-scaling.ts";
import type { SocketEvent } from "../sockets/socket-players.ts";
import { SocketSwarm } from "../sockets/socket-swarm.ts";
import type { PlayerSums } from "../udp/udp-players.ts";
import { UdpSwarm } from "../udp/udp-swarm.ts";
import { askUntilAnswered } from "./ask-until-answered.ts";

export interface SeatedOptions {
  readonly apiUrl: string;
  /** May ask for rooms and seats. */
  readonly token: string;
  readonly allowed: readonly string[];
  /** Of the arena: players need a seat and nothing else. */
  readonly fleet: string;
  readonly seatsPerRoom: number;
  readonly playersMax: number;
  readonly secondsMax: number;
  /** UDP packets of each player in a second; 0: they only have their WebSocket. */
  readonly hz: number;
  /** How long a seat is waited for in the platform's line. */
  readonly waitSeconds: number;
  readonly tally: Tally;
  /** Milliseconds since the run began. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}
/** Where a player sits. */
export interface Place {
  readonly room: string;
  readonly seat: string;
  readonly gameServer: string;
}
export interface Drop extends Place {
  readonly id: number;
  readonly atMs: number;
  readonly cause: string;
}
interface SeatAnswer {
  readonly message?: string;
  readonly room?: { readonly gameServer: { readonly name: string } };
  readonly seat?: {
    readonly id: string;
    readonly room: string;
    readonly token: string;
    readonly host: string;
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  };
}

const ECHO_EVERY_MS = 500;
const JOINS_PER_SECOND = 200;
const EMPTY_SECONDS = 5;
const AGAIN_MS = 250;
const UDP_WORKERS = 2;

/** Players with seats in rooms of one fleet, on real sockets and UDP; who is thrown out asks for another seat. */
export class SeatedPlayers implements AsyncDisposable {
  /** Every wish for a seat, as the platform answered it. */
  readonly asked: Asked[] = [];
  /** Whoever was thrown out, in order. */
  readonly drops: Drop[] = [];
  readonly places: Map<number, Place> = new Map();
  readonly #options: SeatedOptions;
  readonly #sockets: SocketSwarm;
  readonly #udp: UdpSwarm | undefined;
  readonly #joining = new Map<number, (event: SocketEvent) => void>();
  readonly #wanted = new Set<number>();
  readonly #entering = new Set<Promise<void>>();
  readonly #gone = new AbortController();
  readonly #beganSecond: number;

  constructor(options: SeatedOptions) {
    this.#options = options;
    this.#beganSecond = Math.round(options.now() / 1000);
    const { playersMax, allowed, hz, secondsMax } = options;
    this.#sockets = SocketSwarm.start({
      ...{ processes: 1, socketsMax: playersMax, perSecond: JOINS_PER_SECOND, allowed },
      ...{ echoEveryMs: ECHO_EVERY_MS, onEvent: (event) => this.#hear(event) },
    });
    const wire = "game" as const;
    const swarm = { wire, workers: UDP_WORKERS, hz, playersMax, secondsMax, allowed };
    this.#udp = hz > 0 ? UdpSwarm.start(swarm) : undefined;
  }

  /** How many are in and have not been thrown out. */
  get inPlay(): number {
    return this.places.size;
  }

  /** They come in, each as soon as there is a seat; resolves when all are in. */
  async enter(ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#begin(id)));
  }

  /** They go by themselves; the game frees their seats. */
  leave(ids: readonly number[]): void {
    for (const id of ids) {
      this.#wanted.delete(id);
      this.places.delete(id);
    }
    this.#udp?.rest(ids, { isThrownOut: false });
    this.#sockets.leave(ids);
  }

  /** Seconds of the UDP swarm's own count, which began with these players. */
  get udpSecond(): number {
    return Math.floor((this.#udp?.nowMs ?? 0) / 1000);
  }
  async udpPlayers(from: number, to: number): Promise<PlayerSums[]> {
    return (await this.#udp?.players(from, to)) ?? [];
  }

  /** What both swarms saw, by the seconds of the run; they stop sending. */
  async records(): Promise<Record<string, SwarmRecord>> {
    const sockets = await this.#sockets.record();
    const udp = await this.#udp?.stop();
    const all = { sockets, ...(udp ? { udp } : {}) };
    const entries = Object.entries(all).map(([name, one]) => [name, later(one, this.#beganSecond)]);
    return Object.fromEntries(entries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort(new Error("the players have left"));
    await Promise.all([this.#sockets[Symbol.asyncDispose](), this.#udp?.[Symbol.asyncDispose]()]);
    await Promise.allSettled(this.#entering);
  }

  #begin(id: number): Promise<void> {
    this.#wanted.add(id);
    const entering = this.#enterOne(id).catch((error: unknown) => {
      if (!this.#signal.aborted) throw error;
    });
    this.#entering.add(entering);
    return entering.finally(() => this.#entering.delete(entering));
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#options.signal, this.#gone.signal]);
  }

  async #enterOne(id: number): Promise<void> {
    const { tally } = this.#options;
    const signal = this.#signal;
    for (; this.#wanted.has(id); await sleep(AGAIN_MS, undefined, { signal })) {
      const answer = await this.#askSeat(id, signal);
      if (!answer.seat || !answer.room) continue;
      const { host, ports, token, room, id: seat } = answer.seat;
      const portOf = (wanted: string): number =>
        ports.find(({ name }) => name === wanted)?.port ?? 0;
      const since = this.#options.now();
      const event = await this.#joinAt(id, { host, port: portOf("game"), token });
      if (event.what !== "joined") {
        tally.failed("join", event.what === "failed" ? event.cause : event.what);
        continue;
      }
      tally.took("join", this.#options.now() - since);
      this.places.set(id, { room, seat, gameServer: answer.room.gameServer.name });
      this.#udp?.aim([{ id, host, port: portOf("udp"), token: event.udpToken }]);
      return;
    }
  }

  async #askSeat(id: number, signal: AbortSignal): Promise<SeatAnswer> {
    const { apiUrl, token, fleet, seatsPerRoom, waitSeconds, tally, now } = this.#options;
    const askedMs = now();
    const wish = {
      ...{ fleet, capacity: seatsPerRoom, emptySeconds: EMPTY_SECONDS },
      ...{ seat: { player: `player-${id}`, seconds: 60 }, waitUpTo: `${waitSeconds}s` },
    };
    const onFailure = (cause: string): void => tally.failed("seat", cause);
    const { status, body } = await askUntilAnswered("/v1/rooms", wish, {
      ...{ apiUrl, token, signal, onFailure },
    });
    const answer = body as SeatAnswer;
    const isGiven = status === 200 || status === 201;
    if (isGiven) tally.took("seat", now() - askedMs);
    else tally.failed("seat", `status ${status}`);
    const outcome = isGiven ? "given" : status === 429 ? "refused" : "failed";
    const because = isGiven ? "" : `${status} ${answer.message ?? ""}`;
    this.asked.push({ askedMs, answeredMs: now(), outcome, because });
    return isGiven ? answer : {};
  }

  #joinAt(
    id: number,
    where: { readonly host: string; readonly port: number; readonly token: string },
  ): Promise<SocketEvent> {
    const { promise, resolve } = Promise.withResolvers<SocketEvent>();
    this.#joining.set(id, resolve);
    this.#sockets.join([{ id, ...where, room: "arena", wantsUdp: true }]);
    const signal = this.#signal;
    const gone = (): void => resolve({ what: "failed", id, atMs: 0, cause: "the run ended" });
    signal.addEventListener("abort", gone, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", gone));
  }

  #hear(event: SocketEvent): void {
    const { id } = event;
    const joining = this.#joining.get(id);
    if (joining) {
      this.#joining.delete(id);
      joining(event);
      return;
    }
    const place = this.places.get(id);
    if (event.what !== "closed" || !place) return;
    this.drops.push({ id, atMs: this.#options.now(), cause: event.cause, ...place });
    this.#options.tally.failed("stay", event.cause);
    this.places.delete(id);
    this.#udp?.rest([id], { isThrownOut: true });
    void this.#begin(id);
  }
}

/** The same, with nothing said of the seconds before it began. */
function later({ series, ...record }: SwarmRecord, seconds: number): SwarmRecord {
  const before: null[] = Array.from({ length: seconds }, () => null);
  const shifted = Object.entries(series).map(([name, all]) => [name, [...before, ...all]]);
  return { ...record, series: Object.fromEntries(shifted) };
}
