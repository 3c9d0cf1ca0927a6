import type { Socket } from "node:net";
import { type Client, CloseCode, Room } from "@colyseus/core";
import { type Admission, type JoinOptions, NO_ROOM, refusal } from "./entrance.ts";
import type { Everybody } from "./everybody.ts";
import { nameOf, type Point } from "./input.ts";
import { JoinRefused } from "./join-tokens.ts";
import { log } from "./log.ts";
import type { Seat, Seats, Step } from "./seat.ts";

/** A player as Colyseus shows it to everybody; changed in place. */
export interface Shown {
  x: number;
  y: number;
  connected: boolean;
}

/** Who is in a room, or may come back into it. */
export interface Present<Player extends Shown> {
  client: Client;
  readonly seat: Seat;
  readonly player: Player;
  /** While its connection is broken: ends the waiting for it. */
  giveUp?: (because: Error) => void;
}

/** What the rooms of a process share; there before the first room is made. */
export interface RoomShared {
  readonly seats: Seats;
  readonly everybody: Everybody;
  readonly now: () => number;
}

export interface PlayersState<Player extends Shown> {
  readonly players: {
    set(sessionId: string, player: Player): unknown;
    delete(sessionId: string): unknown;
  };
}

const RECONNECT_SECONDS = 30;
const MESSAGES_PER_SECOND_MAX = 60;
const WAITING_BYTES_MAX = 1024 * 1024;
/** Tells a client that its player has come in anew elsewhere: it must not come back by itself. */
export const TAKEN_OVER = 4101;
/** The room is there no more: who wants to play on enters anew. */
export const ROOM_GONE = 4102;

/**
 * A room with players who have seats: each is in it once, comes back to its place when its connection breaks, and is told
 * to the platform. A room of the platform has its id, and lets in nobody without a token for it.
 */
export abstract class PlayedRoom<
  State extends PlayersState<Player> & object,
  Player extends Shown,
  Here extends Present<Player>,
> extends Room<{ state: State }> {
  override maxMessagesPerSecond: number = MESSAGES_PER_SECOND_MAX;
  protected readonly present: Map<string, Here> = new Map();
  protected readonly shared: RoomShared;
  /** The room that tokens must name. */
  #claimed: string = NO_ROOM;
  #playersMax: number;
  /** Where the players with a token are, by who they are. */
  readonly #sessions = new Map<string, string>();

  constructor(shared: RoomShared, playersMax: number) {
    super();
    this.shared = shared;
    this.#playersMax = playersMax;
  }

  /** Where somebody who comes in begins. */
  protected abstract placeFor(who: string): Point;
  protected abstract readonly step: Step;
  /** What everybody is shown of somebody who has come in. */
  protected abstract playerOf(name: string, seat: Seat, admission: Admission): Player;
  /** What the room itself wants to know of somebody. */
  protected abstract hereOf(present: Present<Player>, admission: Admission): Here;

  /** For `onCreate`: the room takes its id and its size from the token of the first player. */
  protected claim({ room, cap }: JoinOptions): void {
    if (typeof room === "string" && room !== NO_ROOM && typeof cap === "number") {
      this.roomId = room;
      this.#claimed = room;
      this.#playersMax = cap;
      // Who comes back anew needs a place before the old one is free: the room counts its players itself.
      this.maxClients = Number.POSITIVE_INFINITY;
    }
    log("room created", { room: this.roomId });
    this.shared.everybody.opened(this);
  }

  override onJoin(client: Client, options: JoinOptions, admission: Admission): void {
    const { claims } = admission;
    // Colyseus finds rooms by other ways, too: by its own ids.
    if ((claims?.room ?? NO_ROOM) !== this.#claimed) throw refusal(new JoinRefused("WrongRoom"));
    const before = claims && this.#takeOver(claims.sub);
    if (!before && this.present.size >= this.#playersMax) throw refusal(new JoinRefused("Full"));
    const { sessionId } = client;
    const who = claims?.sub ?? sessionId;
    const seat = this.#seatFor(who, before);
    const name = nameOf(
      admission.access?.name ?? claims?.sub ?? options.name,
      `player ${seat.number}`,
    );
    const player = this.playerOf(name, seat, admission);
    this.state.players.set(sessionId, player);
    this.present.set(sessionId, this.hereOf({ client, seat, player }, admission));
    if (claims) this.#sessions.set(claims.sub, sessionId);
    this.shared.everybody.came(sessionId, who);
    const { number } = seat;
    const address = addressOf(client);
    log("player joined", { room: this.roomId, player: sessionId, name, number, address });
    before?.giveUp?.(new Error("taken over"));
    before?.client.leave(TAKEN_OVER, "the player came in anew");
    this.shared.everybody.tell(this.shared.seats);
  }

  override onDrop(client: Client, code?: number): void {
    const present = this.present.get(client.sessionId);
    if (!present) return;
    present.player.connected = false;
    log("player dropped", { room: this.roomId, player: client.sessionId, code });
    const returning = this.allowReconnection(client, RECONNECT_SECONDS);
    present.giveUp = (because) => returning.reject(because);
    returning.catch(() => undefined);
  }

  override onReconnect(client: Client): void {
    const present = this.present.get(client.sessionId);
    if (present) {
      present.client = client;
      present.player.connected = true;
    }
    log("player back", { room: this.roomId, player: client.sessionId });
  }

  override onLeave(client: Client, code?: number): void {
    const { sessionId } = client;
    const who = this.shared.everybody.find(sessionId);
    // It was never in: Colyseus says goodbye to those who were refused, too.
    if (who === undefined) return;
    const gone = this.present.get(sessionId);
    this.present.delete(sessionId);
    this.state.players.delete(sessionId);
    if (gone) this.shared.seats.leave(gone.seat);
    const { received, missed } = gone?.seat ?? {};
    log("player left", { room: this.roomId, player: sessionId, code, received, missed });
    if (this.#sessions.get(who) === sessionId) this.#sessions.delete(who);
    this.shared.everybody.left(sessionId);
    this.shared.everybody.tell(this.shared.seats);
  }

  override async onDispose(): Promise<void> {
    for (const { seat } of this.present.values()) this.shared.seats.leave(seat);
    this.shared.everybody.closed(this);
    log("room disposed", { room: this.roomId });
  }

  override onBeforeShutdown(): void {
    void this.disconnect(CloseCode.SERVER_SHUTDOWN);
  }

  /** Ends the room, and no connection of it comes back. */
  endForGood(): void {
    log("room closed", { room: this.roomId });
    this.disconnect(ROOM_GONE).catch(() => undefined);
  }

  /** Takes somebody out who may not be here any more; the connection does not come back. */
  protected sendAway(here: Here, code: number, because: string): void {
    const { client, seat, giveUp } = here;
    this.present.delete(client.sessionId);
    this.state.players.delete(client.sessionId);
    this.shared.seats.leave(seat);
    giveUp?.(new Error(because));
    client.leave(code, because);
  }

  /** The session of a player with a token, by who it is. */
  protected sessionOf(who: string): string | undefined {
    return this.#sessions.get(who);
  }

  /** Cuts off who does not read what it is sent, before too much of it waits here; it may come back. */
  protected cutTheDeaf(): void {
    for (const { client } of this.present.values()) {
      const { bufferedAmount = 0, terminate } = client.ref as unknown as Partial<Socketed>;
      if (bufferedAmount <= WAITING_BYTES_MAX) continue;
      log("player reads nothing", { room: this.roomId, player: client.sessionId, bufferedAmount });
      terminate?.call(client.ref);
    }
  }

  /** Shows everybody where the seats are; answers them. */
  protected showPositions(): Seat[] {
    const seats: Seat[] = [];
    for (const { seat, player } of this.present.values()) {
      player.x = seat.position.x;
      player.y = seat.position.y;
      seats.push(seat);
    }
    return seats;
  }

  #seatFor(who: string, before: Present<Player> | undefined): Seat {
    const { seats, now } = this.shared;
    if (before) return seats.pass(before.seat, this.step, now());
    return seats.take(this.placeFor(who), this.step, now());
  }

  /** Takes a player who is here already out of its old session, which knows nothing of it yet. */
  #takeOver(who: string): Here | undefined {
    const sessionId = this.#sessions.get(who) ?? "";
    const before = this.present.get(sessionId);
    this.present.delete(sessionId);
    this.state.players.delete(sessionId);
    return before;
  }
}

/** What of the package ws is used of a connection. */
interface Socketed {
  /** Bytes that were sent and that the kernel has not taken yet. */
  readonly bufferedAmount: number;
  terminate(): void;
}

/** Where the player's packets come from, in words of the package ws, whose socket is not told otherwise. */
function addressOf({ ref }: Client): string {
  const { _socket: socket } = ref as unknown as { readonly _socket?: Socket };
  return socket?.remoteAddress ?? "";
}
