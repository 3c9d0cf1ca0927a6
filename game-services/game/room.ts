import type { Socket } from "node:net";
import { type Client, CloseCode, Room } from "@colyseus/core";
import { ArenaState, type ChatLine, PlayerState, type UdpTicket } from "./arena-state.ts";
import { type Admission, type Entrance, type JoinOptions, NO_ROOM, refusal } from "./entrance.ts";
import { JoinRefused } from "./join-tokens.ts";
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

/** What the rooms of a process share; set before the first room is made. */
export interface ArenaShared {
  readonly seats: Seats;
  readonly udp: UdpChannel;
  readonly entrance: Entrance;
  readonly now: () => number;
  readonly rooms: Set<ArenaRoom>;
  /** By session id, under which name the platform hears of those who are in, who may come back among them. */
  readonly players: Map<string, string>;
  /** Told whenever a player comes or is gone for good. */
  readonly onPlayers: () => void;
  /** Told whenever a room or a player comes or goes. */
  readonly onPresence: () => void;
}

interface Present {
  client: Client;
  readonly seat: Seat;
  readonly player: PlayerState;
  chat: Bucket;
  /** While its connection is broken: ends the waiting for it. */
  giveUp?: (because: Error) => void;
}

const RECONNECT_SECONDS = 30;
const PATCH_MS = 50;
const MESSAGES_PER_SECOND_MAX = 60;
const ECHO_LENGTH_MAX = 256;
/** Tells a client that its player has come in anew elsewhere: it must not come back by itself. */
export const TAKEN_OVER = 4101;

/** One arena: players with positions, and a chat. A room of the platform has its id, and lets in nobody without a token for it. */
export class ArenaRoom extends Room<{ state: ArenaState }> {
  override maxClients: number = ARENA.playersMax;
  override maxMessagesPerSecond: number = MESSAGES_PER_SECOND_MAX;
  override patchRate: number = PATCH_MS;
  override state: ArenaState = new ArenaState();
  readonly #present = new Map<string, Present>();
  /** Where the players with a token are, by who they are. */
  readonly #sessions = new Map<string, string>();
  /** The room that tokens must name. */
  #claimed: string = NO_ROOM;
  #playersMax: number = ARENA.playersMax;
  readonly #shared: ArenaShared;

  constructor(shared: ArenaShared) {
    super();
    this.#shared = shared;
  }

  override onCreate({ room, cap }: JoinOptions): void {
    if (typeof room === "string" && room !== NO_ROOM && typeof cap === "number") {
      this.roomId = room;
      this.#claimed = room;
      this.#playersMax = cap;
      // Who comes back anew needs a place before the old one is free: the room counts its players itself.
      this.maxClients = Number.POSITIVE_INFINITY;
    }
    this.onMessage("move", (client, wanted: unknown) => this.#move(client, wanted));
    this.onMessage("say", (client, text: unknown) => this.#say(client, text));
    this.onMessage("echo", (_client: Client, value: unknown) => echoed(value));
    this.onMessage("udp", (client: Client) => this.#ticket(client));
    this.setSimulationInterval(() => this.#tick(), PATCH_MS);
    log("room created", { room: this.roomId });
    this.#shared.rooms.add(this);
    this.#shared.onPresence();
  }

  override onJoin(client: Client, options: JoinOptions, { claims }: Admission): void {
    // Colyseus finds rooms by other ways, too: by its own ids.
    if ((claims?.room ?? NO_ROOM) !== this.#claimed) throw refusal(new JoinRefused("WrongRoom"));
    const before = claims && this.#takeOver(claims.sub);
    if (!before && this.#present.size >= this.#playersMax) throw refusal(new JoinRefused("Full"));
    const seat = before
      ? this.#shared.seats.pass(before.seat, this.#shared.now())
      : this.#newSeat();
    const name = nameOf(claims?.sub ?? options.name, `player ${seat.number}`);
    this.#enter(client, seat, name);
    if (claims) this.#sessions.set(claims.sub, client.sessionId);
    this.#shared.players.set(client.sessionId, claims?.sub ?? client.sessionId);
    const player = client.sessionId;
    log("player joined", {
      room: this.roomId,
      player,
      name,
      number: seat.number,
      address: addressOf(client),
    });
    before?.giveUp?.(new Error("taken over"));
    before?.client.leave(TAKEN_OVER, "the player came in anew");
    this.#shared.onPlayers();
    this.#shared.onPresence();
  }

  override onDrop(client: Client, code?: number): void {
    const present = this.#present.get(client.sessionId);
    if (!present) return;
    present.player.connected = false;
    log("player dropped", { room: this.roomId, player: client.sessionId, code });
    const returning = this.allowReconnection(client, RECONNECT_SECONDS);
    present.giveUp = (because) => returning.reject(because);
    returning.catch(() => undefined);
  }

  override onReconnect(client: Client): void {
    const present = this.#present.get(client.sessionId);
    if (present) {
      present.client = client;
      present.player.connected = true;
    }
    log("player back", { room: this.roomId, player: client.sessionId });
  }

  override onLeave(client: Client, code?: number): void {
    const { sessionId } = client;
    const who = this.#shared.players.get(sessionId);
    // It was never in: Colyseus says goodbye to those who were refused, too.
    if (who === undefined) return;
    const gone = this.#present.get(sessionId);
    this.#present.delete(sessionId);
    this.state.players.delete(sessionId);
    if (gone) this.#shared.seats.leave(gone.seat);
    const { received, missed } = gone?.seat ?? {};
    log("player left", { room: this.roomId, player: sessionId, code, received, missed });
    if (this.#sessions.get(who) === sessionId) this.#sessions.delete(who);
    this.#shared.players.delete(sessionId);
    this.#shared.onPlayers();
    this.#shared.onPresence();
  }

  override async onDispose(): Promise<void> {
    for (const { seat } of this.#present.values()) this.#shared.seats.leave(seat);
    this.#shared.rooms.delete(this);
    this.#shared.onPresence();
    log("room disposed", { room: this.roomId });
  }

  override onBeforeShutdown(): void {
    this.broadcast("ending", { because: "the game server stops" });
    void this.disconnect(CloseCode.SERVER_SHUTDOWN);
  }

  #newSeat(): Seat {
    const at = { x: ARENA.width / 2, y: ARENA.height / 2 };
    return this.#shared.seats.take(at, this.#shared.now());
  }

  #enter(client: Client, seat: Seat, name: string): void {
    const player = new PlayerState();
    Object.assign(player, { ...seat.position, name, number: seat.number, connected: true });
    this.state.players.set(client.sessionId, player);
    const chat = fullBucket(CHAT_RATE, this.#shared.now());
    this.#present.set(client.sessionId, { client, seat, player, chat });
  }

  /** Takes a player who is here already out of its old session, which knows nothing of it yet. */
  #takeOver(who: string): Present | undefined {
    const sessionId = this.#sessions.get(who) ?? "";
    const before = this.#present.get(sessionId);
    this.#present.delete(sessionId);
    this.state.players.delete(sessionId);
    return before;
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

/** Where the player's packets come from, in words of the package ws, whose socket is not told otherwise. */
function addressOf({ ref }: Client): string {
  const { _socket: socket } = ref as unknown as { readonly _socket?: Socket };
  return socket?.remoteAddress ?? "";
}
