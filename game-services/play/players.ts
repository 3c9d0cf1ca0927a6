import { Client } from "@colyseus/sdk";
import type { ColyseusRoom } from "../client/colyseus.ts";
import type { Seat } from "../client/seat.ts";
import type { ArenaView, ChatLine, UdpTicket } from "../game/arena/arena-state.ts";
import type { Point } from "../game/input.ts";
import { Rtts } from "./rtt.ts";
import { probeUdp, UdpStream } from "./udp-stream.ts";

/** Where an arena can be joined. */
export interface ArenaAddress {
  readonly host: string;
  readonly webSocketPort: number;
  readonly udpPort: number;
}

/** What one player saw until now. */
export interface PlayerStats {
  readonly name: string;
  /** Names of the others that it saw over the WebSocket, and those that it saw move. */
  readonly saw: readonly string[];
  readonly sawMove: readonly string[];
  /** Names of the others that it saw move over UDP. */
  readonly sawMoveByUdp: readonly string[];
  readonly heard: readonly ChatLine[];
  readonly webSocketRtts: Rtts;
  readonly webSocketLost: number;
  readonly udpRtts: Rtts;
  readonly udpSent: number;
  readonly udpLost: number;
  readonly positionPackets: number;
  /** How often its WebSocket broke, and how often it came back. */
  readonly drops: number;
  readonly returns: number;
  /** Why the game server said that it ends, if it did. */
  readonly ending?: string;
}

/** A seat in a room of the arena. */
export type ArenaSeat = Seat<ArenaRoom>;
type ArenaRoom = ColyseusRoom<ArenaView>;
interface Entered {
  readonly name: string;
  readonly room: ArenaRoom;
  readonly host: string;
  readonly udpPort: number;
  /** Says goodbye to the game, and whoever else is to know. */
  readonly goodbye: () => Promise<unknown>;
}

const RTTS_MAX = 20_000;
const HEARD_MAX = 1000;

/** A real player: Colyseus' own client over WebSocket, and UDP beside it. */
export class Player implements AsyncDisposable {
  readonly name: string;
  readonly #goodbye: () => Promise<unknown>;
  readonly #udp: UdpStream;
  #room: ArenaRoom;
  readonly #heard: ChatLine[] = [];
  readonly #rtts = new Rtts(RTTS_MAX);
  readonly #first = new Map<number, Point>();
  readonly #firstByUdp = new Map<number, Point>();
  readonly #moved = new Set<string>();
  readonly #movedByUdp = new Set<string>();
  #drops = 0;
  #returns = 0;
  #webSocketLost = 0;
  #ending: string | undefined;

  private constructor({ name, room, goodbye }: Entered, udp: UdpStream) {
    this.name = name;
    this.#goodbye = goodbye;
    this.#udp = udp;
    this.#room = room;
    this.#listen(room);
  }

  /** Joins over WebSocket without a seat. */
  static async join({ host, webSocketPort, udpPort }: ArenaAddress, name: string): Promise<Player> {
    const literal = host.includes(":") ? `[${host}]` : host;
    const client = new Client(`ws://${literal}:${webSocketPort}`);
    const room = await client.joinOrCreate<ArenaView>("arena", { name }).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message;
      throw new Error(`${name} cannot join at ${literal}:${webSocketPort}: ${cause}`);
    });
    // However soon it breaks, a player tries to come back.
    room.reconnection.minUptime = 0;
    // A room that has ended, or that tries to come back, never answers a goodbye.
    const late = () => new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
    const goodbye = (): Promise<unknown> => Promise.race([room.leave(), late()]);
    return Player.#enter({ name, room, host, udpPort, goodbye });
  }

  /** Takes a seat; when its connection breaks and becomes another, it goes on with that one. */
  static async sit(seat: ArenaSeat): Promise<Player> {
    const room = await seat.connect().catch((error: Error) => {
      throw new Error(`${seat.player} cannot take its seat in ${seat.room}: ${error.message}`);
    });
    const udpPort = seat.ports.find(({ name }) => name === "udp")?.port ?? 0;
    const { player: name, host } = seat;
    const player = await Player.#enter({ name, room, host, udpPort, goodbye: () => seat.leave() });
    seat.onState(({ state }) => {
      if (state === "connected" && seat.connection) void player.#goOn(seat.connection);
    });
    return player;
  }

  /** Gets its UDP token over the WebSocket, and makes sure that the UDP port answers. */
  static async #enter(entered: Entered): Promise<Player> {
    const { room, host, udpPort: port } = entered;
    const { token }: UdpTicket = await room.request("udp");
    const target = { host, port, token };
    if (await probeUdp(target)) return new Player(entered, await UdpStream.open(target));
    await entered.goodbye();
    throw new Error(`UDP port ${port} of ${host} does not answer`);
  }

  /** Where the arena says that this player is. */
  get position(): Point | undefined {
    return this.#room.state?.players?.get(this.#room.sessionId);
  }

  move(wanted: Point, by: "webSocket" | "udp"): void {
    if (by === "udp") this.#udp.move(wanted);
    else this.#room.send("move", wanted);
  }

  say(text: string): void {
    this.#room.send("say", text);
  }

  /** One round trip over WebSocket (waited for, counted as lost when it takes too long) and one over UDP. */
  async echo(): Promise<void> {
    this.#udp.echo();
    const sentAt = performance.now();
    try {
      await this.#room.request("echo", sentAt, { timeout: ECHO_MS });
      this.#rtts.add(performance.now() - sentAt);
    } catch {
      this.#webSocketLost += 1;
    }
  }

  echoUdp(): void {
    this.#udp.echo();
  }

  stats(): PlayerStats {
    this.#look();
    const saw = [...this.#others()].map(([, { name }]) => name);
    return {
      name: this.name,
      saw,
      sawMove: [...this.#moved],
      sawMoveByUdp: [...this.#movedByUdp],
      heard: this.#heard,
      webSocketRtts: this.#rtts,
      webSocketLost: this.#webSocketLost,
      udpRtts: this.#udp.rtts,
      udpSent: this.#udp.sent,
      udpLost: this.#udp.lost,
      positionPackets: this.#udp.positionPackets,
      drops: this.#drops,
      returns: this.#returns,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
    };
  }

  /** Waits until UDP echoes on their way are answered, `ms` at most. */
  settle(ms: number): Promise<void> {
    return this.#udp.settle(ms);
  }

  async leave(): Promise<void> {
    await this.#udp.settle(SETTLE_MS);
    this.#room.reconnection.enabled = false;
    await this.#goodbye();
    await this.#udp[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  #listen(room: ArenaRoom): void {
    room.onMessage("chat", (line: ChatLine) => {
      if (this.#heard.length < HEARD_MAX) this.#heard.push(line);
    });
    room.onMessage("refused", () => undefined);
    room.onMessage("ending", ({ because }: { readonly because: string }) => {
      this.#ending = because;
      room.reconnection.enabled = false;
    });
    room.onDrop(() => {
      this.#drops += 1;
    });
    room.onReconnect(() => {
      this.#returns += 1;
    });
    room.onStateChange(() => this.#look());
  }

  async #goOn(room: ArenaRoom): Promise<void> {
    if (room === this.#room) return;
    this.#room = room;
    this.#returns += 1;
    this.#listen(room);
    const { token }: UdpTicket = await room.request("udp");
    this.#udp.use(token);
  }

  /** Compares where the others are with where they were first, over both channels. */
  #look(): void {
    for (const [, { name, number, x, y }] of this.#others()) {
      if (differs(this.#first, number, { x, y })) this.#moved.add(name);
      const byUdp = this.#udp.positions.get(number);
      if (byUdp && differs(this.#firstByUdp, number, byUdp)) this.#movedByUdp.add(name);
    }
  }

  #others(): (readonly [string, PlayerSeen])[] {
    const players = [...(this.#room.state?.players?.entries() ?? [])];
    return players.filter(([id]) => id !== this.#room.sessionId);
  }
}

type PlayerSeen = ArenaView["players"] extends ReadonlyMap<string, infer P> ? P : never;

const ECHO_MS = 5000;
const SETTLE_MS = 500;
const GOODBYE_MS = 1000;

function differs(first: Map<number, Point>, number: number, { x, y }: Point): boolean {
  const known = first.get(number);
  if (known) return known.x !== x || known.y !== y;
  first.set(number, { x, y });
  return false;
}
