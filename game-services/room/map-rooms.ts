import { readFile } from "node:fs/promises";
import { FleetError } from "../../core/std/errors.ts";
import { type FlotillaError, isFlotillaError } from "../client/errors.ts";
import { RoomsClient } from "../client/rooms-client.ts";
import type { CallOptions, Seat } from "../client/seat.ts";
import type { RoomView, SeatState } from "../client/wire.ts";
import type { KeyedLine } from "../service/keyed-line.ts";
import type { RoomAge } from "./decide-snapshot.ts";

export interface MapRoomsOptions {
  /** Flotilla's API, and the file with a token of scope allocate, which is read for each call. */
  readonly url: string;
  readonly tokenFile: string;
  readonly fleet: string;
  readonly seats: number;
  /** How long somebody waits for a game server that starts. */
  readonly waitMs: number;
  /** One player enters a map once at a time. */
  readonly line: KeyedLine;
}

/** A seat as its player gets it: what the client library calls a pass. */
export interface MapSeat {
  readonly room: string;
  readonly seat: string;
  readonly player: string;
  readonly host: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly token: string;
}
export interface PresentPlayer {
  readonly user_id: string;
  readonly state: SeatState;
}
/** A room of a map, and who is there. */
export interface PresentRoom {
  readonly room: string;
  readonly seats: RoomView["seats"];
  readonly players: readonly PresentPlayer[];
}

/** Rooms of one map that are looked into. */
export const ROOMS_MAX = 20;
/** How long a seat is kept for a player on the way, in seconds. */
const SEAT_SECONDS = 30;
const TRIES_MAX = 3;
/** Beside the waiting: the platform's own answers, repeated over a restart of it. */
const CALLS_MS = 10_000;

/** The rooms of maps on Flotilla's game servers: each has its map as the attribute `map`. */
export class MapRooms {
  readonly #options: MapRoomsOptions;
  readonly #client: RoomsClient<never>;

  constructor(options: MapRoomsOptions) {
    this.#options = options;
    const token = async (): Promise<string> => (await readFile(options.tokenFile, "utf8")).trim();
    this.#client = new RoomsClient<never>({ url: options.url, token, triesMax: TRIES_MAX });
  }

  /** A seat in the map's room: the player's own, one in a room with a free one, or the first of a new room. */
  async enter(map: string, player: string, signal: AbortSignal): Promise<MapSeat> {
    return await this.#options.line.run(`${map} ${player}`, signal, () =>
      this.#told(signal, (ending) => this.#enter(map, player, ending)),
    );
  }

  /** Who is there now, and on the way. */
  async present(map: string, signal: AbortSignal): Promise<readonly PresentRoom[]> {
    return await this.#told(signal, async (ending) => {
      const rooms = await this.#roomsOf(map, { signal: ending });
      const present = await Promise.all(rooms.map((room) => this.#peopleIn(room, ending)));
      return present.flatMap((one) => one ?? []);
    });
  }

  /** A room of the map with its age; undefined when the platform has none of that name. */
  async roomOf(map: string, room: string): Promise<RoomAge | undefined> {
    const never = new AbortController().signal;
    return await this.#told(never, async (signal) => {
      const found = await this.#client.room(room, { signal }).catch(unlessGone);
      const isOurs = found?.fleet === this.#options.fleet && found.attributes.map === map;
      return isOurs ? { room, madeAt: found.createdAt } : undefined;
    });
  }

  /** The platform gives a player the seat that it has already, also where the room is full. */
  async #enter(map: string, player: string, signal: AbortSignal): Promise<MapSeat> {
    const { fleet, seats: capacity, waitMs } = this.#options;
    const room = { fleet, attributes: { map }, capacity, waitUpTo: `${waitMs}ms` };
    return passOf(await this.#client.join({ ...room, player, seconds: SEAT_SECONDS, signal }));
  }

  async #roomsOf(map: string, asked: CallOptions): Promise<readonly RoomView[]> {
    const { fleet } = this.#options;
    const found: RoomView[] = [];
    const which = { fleet, attributes: { map }, limit: ROOMS_MAX, ...asked };
    for await (const room of this.#client.rooms(which)) {
      found.push(room);
      if (found.length === ROOMS_MAX) break;
    }
    return found;
  }

  /** Undefined when the room has ended meanwhile. */
  async #peopleIn(room: RoomView, signal: AbortSignal): Promise<PresentRoom | undefined> {
    const { id, namespace, seats } = room;
    const given = await this.#client.seats(id, { namespace, signal }).catch(unlessGone);
    const players = given?.map(({ player, state }) => ({ user_id: player, state }));
    return players && { room: id, seats, players };
  }

  /** The platform's failures as ours: whatever is wrong there, here is no game server for now. */
  async #told<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(this.#options.waitMs + CALLS_MS);
    try {
      return await work(AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(error);
    }
  }
}

function passOf({ room, id: seat, player, host, ports, token }: Seat<never>): MapSeat {
  return { room, seat, player, host, ports, token };
}

function unlessGone(error: unknown): undefined {
  if (isFlotillaError(error, "NOT_FOUND") || isFlotillaError(error, "EXHAUSTED")) return undefined;
  throw error;
}

function failureOf(error: unknown): FleetError {
  const isFull = isFlotillaError(error, "EXHAUSTED");
  const message = isFull ? "no game server is free" : "game servers not available";
  const after = isFlotillaError(error)
    ? (error satisfies FlotillaError).retryAfterSeconds
    : undefined;
  const retryAfterSeconds = Math.max(1, Math.ceil(after ?? 1));
  return new FleetError("UNAVAILABLE", message, { retryAfterSeconds }, error);
}
