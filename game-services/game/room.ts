import { type AuthContext, type Client, CloseCode, Room } from "@colyseus/core";
import { type MapSchema, type Schema, schema, t } from "@colyseus/schema";
import { log } from "./log.ts";
import {
  ARENA,
  type Bucket,
  CHAT_RATE,
  chatOf,
  fullBucket,
  nameOf,
  pointOf,
  taken,
} from "./rules.ts";
import type { Seat, Seats } from "./seat.ts";
import type { UdpChannel } from "./udp.ts";

interface PlayerState extends Schema {
  name: string;
  number: number;
  x: number;
  y: number;
  connected: boolean;
}
const PlayerState: new () => PlayerState = schema(
  { name: t.string(), number: t.uint16(), x: t.float32(), y: t.float32(), connected: t.boolean() },
  "Player",
);
interface ArenaState extends Schema {
  players: MapSchema<PlayerState>;
}
const ArenaState: new () => ArenaState = schema({ players: t.map(PlayerState) }, "Arena");

/** What clients see of a player; `number` names it in UDP packets. */
export interface PlayerView {
  readonly name: string;
  readonly number: number;
  readonly x: number;
  readonly y: number;
  readonly connected: boolean;
}
/** What clients see of the arena: players by their session ids. */
export interface ArenaView {
  readonly players: ReadonlyMap<string, PlayerView>;
}

/** What the rooms of a process share; set before the first room is made. */
export interface ArenaShared {
  readonly seats: Seats;
  readonly udp: UdpChannel;
  readonly now: () => number;
  readonly rooms: Set<string>;
  /** Session ids of those who are in, the disconnected who may come back among them. */
  readonly players: Set<string>;
  /** Told whenever a player comes or is gone for good. */
  readonly onPlayers: () => void;
  /** Told whenever a room or a player comes or goes. */
  readonly onPresence: () => void;
}

/** What the client is told on request `udp`: its token, and its number in packets. */
export interface UdpTicket {
  readonly token: string;
  readonly number: number;
}
export interface ChatLine {
  readonly from: string;
  readonly name: string;
  readonly text: string;
}

interface Present {
  readonly seat: Seat;
  readonly player: PlayerState;
  chat: Bucket;
}

const RECONNECT_SECONDS = 30;
const PATCH_MS = 50;
const MESSAGES_PER_SECOND_MAX = 60;
const ECHO_LENGTH_MAX = 256;

/** One arena: players with positions, and a chat. */
export class ArenaRoom extends Room<{ state: ArenaState }> {
  override maxClients: number = ARENA.playersMax;
  override maxMessagesPerSecond: number = MESSAGES_PER_SECOND_MAX;
  override patchRate: number = PATCH_MS;
  override state: ArenaState = new ArenaState();
  readonly #present = new Map<string, Present>();
  readonly #shared: ArenaShared;

  constructor(shared: ArenaShared) {
    super();
    this.#shared = shared;
  }

  override onCreate(): void {
    this.onMessage("move", (client, wanted: unknown) => this.#move(client, wanted));
    this.onMessage("say", (client, text: unknown) => this.#say(client, text));
    this.onMessage("echo", (_client: Client, value: unknown) => echoed(value));
    this.onMessage("udp", (client: Client) => this.#ticket(client));
    this.setSimulationInterval(() => this.#tick(), PATCH_MS);
    log("room created", { room: this.roomId });
    this.#shared.rooms.add(this.roomId);
    this.#shared.onPresence();
  }

  /** Everybody may come in; where from is kept for the log. */
  override onAuth(_client: Client, _options: unknown, { ip }: AuthContext): { address: string } {
    return { address: ip ?? "" };
  }

  override onJoin(client: Client, options: unknown, { address }: { address: string }): void {
    const now = this.#shared.now();
    const at = { x: ARENA.width / 2, y: ARENA.height / 2 };
    const seat = this.#shared.seats.take(at, now);
    const wanted = (options as { readonly name?: unknown } | undefined)?.name;
    const name = nameOf(wanted, `player ${seat.number}`);
    const player = new PlayerState();
    Object.assign(player, { ...at, name, number: seat.number, connected: true });
    this.state.players.set(client.sessionId, player);
    this.#present.set(client.sessionId, { seat, player, chat: fullBucket(CHAT_RATE, now) });
    const { number } = seat;
    log("player joined", { room: this.roomId, player: client.sessionId, name, number, address });
    this.#shared.players.add(client.sessionId);
    this.#shared.onPlayers();
    this.#shared.onPresence();
  }

  override onDrop(client: Client, code?: number): void {
    this.#connected(client, false);
    log("player dropped", { room: this.roomId, player: client.sessionId, code });
    this.allowReconnection(client, RECONNECT_SECONDS).catch(() => undefined);
  }

  override onReconnect(client: Client): void {
    this.#connected(client, true);
    log("player back", { room: this.roomId, player: client.sessionId });
  }

  override onLeave(client: Client, code?: number): void {
    const gone = this.#present.get(client.sessionId);
    this.#present.delete(client.sessionId);
    this.state.players.delete(client.sessionId);
    if (gone) this.#shared.seats.leave(gone.seat);
    const { received, missed } = gone?.seat ?? {};
    log("player left", { room: this.roomId, player: client.sessionId, code, received, missed });
    this.#shared.players.delete(client.sessionId);
    this.#shared.onPlayers();
    this.#shared.onPresence();
  }

  override async onDispose(): Promise<void> {
    for (const { seat } of this.#present.values()) this.#shared.seats.leave(seat);
    this.#shared.rooms.delete(this.roomId);
    this.#shared.onPresence();
    log("room disposed", { room: this.roomId });
  }

  override onBeforeShutdown(): void {
    this.broadcast("ending", { because: "the game server stops" });
    void this.disconnect(CloseCode.SERVER_SHUTDOWN);
  }

  #connected(client: Client, connected: boolean): void {
    const present = this.#present.get(client.sessionId);
    if (present) present.player.connected = connected;
  }

  #move(client: Client, value: unknown): void {
    const wanted = pointOf(value);
    if (wanted) this.#present.get(client.sessionId)?.seat.move(wanted, this.#shared.now());
  }

  #say(client: Client, value: unknown): void {
    const present = this.#present.get(client.sessionId);
    const text = chatOf(value);
    if (!present || text === undefined) return;
    const left = taken(present.chat, CHAT_RATE, this.#shared.now());
    if (!left) return void client.send("refused", { what: "say", because: "too many lines" });
    present.chat = left;
    const line: ChatLine = { from: client.sessionId, name: present.player.name, text };
    this.broadcast("chat", line);
  }

  #ticket(client: Client): UdpTicket | undefined {
    const seat = this.#present.get(client.sessionId)?.seat;
    return seat && { token: seat.token, number: seat.number };
  }

  #tick(): void {
    const present = [...this.#present.values()];
    for (const { seat, player } of present) {
      player.x = seat.position.x;
      player.y = seat.position.y;
    }
    this.#shared.udp.sendPositions(present.map(({ seat }) => seat));
  }
}

function echoed(value: unknown): unknown {
  return typeof value === "number" || (typeof value === "string" && value.length <= ECHO_LENGTH_MAX)
    ? value
    : null;
}
