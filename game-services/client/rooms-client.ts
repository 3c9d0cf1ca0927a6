import { Api, type ApiOptions } from "./api.ts";
import type { Connector } from "./connector.ts";
import { FlotillaError } from "./errors.ts";
import { joinTogether, type PartyWanted } from "./party.ts";
import { type CallOptions, Seat } from "./seat.ts";
import { type SeatSource, Ticket } from "./ticket.ts";
import { systemTiming, type Timing } from "./timing.ts";
import {
  durationMs,
  type RoomFilter,
  type RoomMade,
  type RoomPlace,
  type RoomView,
  type RoomWanted,
  roomPath,
  type SeatOfRoom,
  type SeatView,
  type SeatWanted,
} from "./wire.ts";

export interface RoomsClientOptions<Connection> extends ApiOptions {
  /** Where rooms are when a call does not say; `default` by default. */
  readonly namespace?: string;
  /** How players connect; without one, `seat.connect` refuses and the rest works. */
  readonly connector?: Connector<Connection>;
  /** For tests. */
  readonly timing?: Timing;
}
/** A namespace other than the client's. */
type Named = Omit<RoomPlace, "room">;
interface RoomPage {
  readonly rooms: readonly RoomView[];
  readonly continue?: string;
}

/**
 * Rooms and seats of a control plane. It needs `fetch` and Web Crypto, nothing else: it runs in browsers and in Node, for
 * any kind of game.
 */
export class RoomsClient<Connection> {
  readonly #api: Api;
  readonly #options: RoomsClientOptions<Connection>;
  readonly #timing: Timing;

  constructor(options: RoomsClientOptions<Connection>) {
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    this.#api = new Api(options, this.#timing);
  }

  /** Finds a room with a free seat, or makes one, and takes the seat: one step, done or not done. */
  async join(wanted: RoomWanted & SeatWanted & CallOptions): Promise<Seat<Connection>> {
    const { player, seconds, ...rest } = wanted;
    const { room, seat } = await this.#make({ ...rest, seat: { player, seconds } });
    if (!seat) throw new FlotillaError("INTERNAL", `room ${room.id} was given without a seat`);
    return this.#seat(room, seat, seconds);
  }

  /** A seat in a room that is known: a friend's, or one's own once more after the page was loaded again. */
  async joinRoom(wanted: RoomPlace & SeatWanted & CallOptions): Promise<Seat<Connection>> {
    return this.seatIn(await this.room(wanted.room, wanted), wanted);
  }

  /** A seat in a room that was looked up before, such as one of a list. */
  async seatIn(room: RoomView, wanted: SeatWanted & CallOptions): Promise<Seat<Connection>> {
    const { player, seconds, waitUpTo, signal } = wanted;
    const { body } = await this.#api.call<SeatView>({
      method: "POST",
      path: roomPath(room.namespace, room.id, "/seats"),
      body: { player, seconds, waitUpTo },
      waitMs: durationMs(waitUpTo),
      signal,
    });
    return this.#seat(room, body, seconds);
  }

  /** Seats for all of them in one room, or for none: in the fullest room that has so many free, or in a new one. */
  joinTogether(wanted: PartyWanted & CallOptions): Promise<Seat<Connection>[]> {
    return joinTogether(this, wanted);
  }

  /** A room without a seat in it. */
  async makeRoom(wanted: RoomWanted & CallOptions): Promise<RoomView> {
    return (await this.#make(wanted)).room;
  }

  async room(id: string, { namespace, signal }: Named & CallOptions = {}): Promise<RoomView> {
    const path = this.#path({ room: id, namespace });
    return (await this.#api.call<RoomView>({ method: "GET", path, signal })).body;
  }

  /** Who has a seat in a room. */
  async seats(
    id: string,
    { namespace = this.#namespace, signal }: Named & CallOptions = {},
  ): Promise<readonly SeatOfRoom[]> {
    const path = roomPath(namespace, id, "/seats");
    const answer = await this.#api.call<{ seats: readonly SeatOfRoom[] }>({
      ...{ method: "GET", path, signal },
    });
    return answer.body.seats;
  }

  /** Rooms, page after page. */
  async *rooms({ signal, ...filter }: RoomFilter & CallOptions = {}): AsyncGenerator<RoomView> {
    let page: string | undefined = "";
    while (page !== undefined) {
      const path: string = `/v1/rooms?${this.#queryOf(filter, page)}`;
      const answer: { body: RoomPage } = await this.#api.call({ method: "GET", path, signal });
      yield* answer.body.rooms;
      page = answer.body.continue;
    }
  }

  /** Whether others find the room: a match that began is closed to newcomers. */
  async setOpen(
    id: string,
    open: boolean,
    { namespace, signal }: Named & CallOptions = {},
  ): Promise<RoomView> {
    const path = this.#path({ room: id, namespace });
    return (await this.#api.call<RoomView>({ method: "PATCH", path, body: { open }, signal })).body;
  }

  /** Ends a room and all its seats. */
  async closeRoom(id: string, { namespace, signal }: Named & CallOptions = {}): Promise<void> {
    await this.#api.call({ method: "DELETE", path: this.#path({ room: id, namespace }), signal });
  }

  async #make({
    signal,
    ...wanted
  }: RoomWanted & CallOptions & { readonly seat?: object }): Promise<RoomMade> {
    const answer = await this.#api.call<RoomMade>({
      method: "POST",
      path: "/v1/rooms",
      body: { ...wanted, namespace: wanted.namespace ?? this.#namespace },
      waitMs: durationMs(wanted.waitUpTo),
      signal,
    });
    return answer.body;
  }

  #seat(room: RoomView, view: SeatView, seconds: number | undefined): Seat<Connection> {
    const { namespace, fleet } = room;
    const { connector } = this.#options;
    const timing = this.#timing;
    const source = this.#source(namespace, seconds);
    return new Seat({ ticket: new Ticket({ source, timing, fleet, view }), timing, connector });
  }

  #source(namespace: string, seconds: number | undefined): SeatSource {
    const api = this.#api;
    return {
      ask: async ({ room, player }, signal, triesMax) => {
        const path = roomPath(namespace, room, "/seats");
        const body = { player, seconds };
        return (await api.call<SeatView>({ method: "POST", path, body, signal, triesMax })).body;
      },
      release: async ({ room, id }, signal) => {
        await api.call({
          method: "DELETE",
          path: roomPath(namespace, room, `/seats/${id}`),
          signal,
        });
      },
    };
  }

  get #namespace(): string {
    return this.#options.namespace ?? "default";
  }

  #path({ room, namespace = this.#namespace }: RoomPlace): string {
    return roomPath(namespace, room);
  }

  #queryOf(filter: RoomFilter, page: string): URLSearchParams {
    const { namespace = this.#namespace, fleet, attributes, free, player, limit } = filter;
    const labels = Object.entries(attributes ?? {}).map(
      ([key, value]) => [`attribute.${key}`, value] as const,
    );
    const all = { namespace, fleet, free, player, limit, continue: page || undefined };
    const words = [...Object.entries(all), ...labels].filter(([, value]) => value !== undefined);
    return new URLSearchParams(words.map(([key, value]): [string, string] => [key, String(value)]));
  }
}
