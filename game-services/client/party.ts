import { FlotillaError, isFlotillaError } from "./errors.ts";
import type { CallOptions, Seat } from "./seat.ts";
import type { RoomFilter, RoomPlace, RoomView, RoomWanted, SeatWanted } from "./wire.ts";

/** Who wants to be in one room together. */
export type PartyWanted = Omit<RoomWanted, "find"> & {
  readonly players: readonly string[];
  /** How long the seats are kept for players who are not there yet. */
  readonly seconds?: number | undefined;
};

/** What of the client a party needs. */
export interface PartyRooms<C> {
  rooms(filter: RoomFilter & CallOptions): AsyncGenerator<RoomView>;
  makeRoom(wanted: RoomWanted & CallOptions): Promise<RoomView>;
  seatIn(room: RoomView, wanted: SeatWanted & CallOptions): Promise<Seat<C>>;
  setOpen(
    id: string,
    open: boolean,
    place: Omit<RoomPlace, "room"> & CallOptions,
  ): Promise<RoomView>;
  closeRoom(id: string, place: Omit<RoomPlace, "room"> & CallOptions): Promise<void>;
}

/** How many rooms are tried, whose free seats others may take meanwhile, before a new one is made. */
const ROOMS_TRIED_MAX = 3;
const ROOMS_LOOKED_AT_MAX = 1000;

/** Seats for all in one room, or for none. */
export async function joinTogether<C>(
  rooms: PartyRooms<C>,
  wanted: PartyWanted & CallOptions,
): Promise<Seat<C>[]> {
  for (const room of await roomsFor(rooms, wanted)) {
    const seats = await seatAll(rooms, room, wanted).catch((error) => {
      // Others were faster, or it has ended: on to the next.
      if (isFlotillaError(error, "EXHAUSTED") || isFlotillaError(error, "NOT_FOUND"))
        return undefined;
      throw error;
    });
    if (seats) return seats;
  }
  return inNewRoom(rooms, wanted);
}

/** Rooms of the same kind with so many free seats, the fullest first. */
async function roomsFor<C>(
  rooms: PartyRooms<C>,
  { players, fleet, namespace, attributes = {}, capacity, signal }: PartyWanted & CallOptions,
): Promise<readonly RoomView[]> {
  const found: RoomView[] = [];
  let seen = 0;
  for await (const room of rooms.rooms({ namespace, fleet, attributes, free: true, signal })) {
    const isSame = Object.keys(room.attributes).length === Object.keys(attributes).length;
    const fits = room.open && room.seats.free >= players.length;
    if (isSame && fits && (capacity ?? room.capacity) === room.capacity) found.push(room);
    seen += 1;
    if (seen >= ROOMS_LOOKED_AT_MAX) break;
  }
  return found.sort((a, b) => a.seats.free - b.seats.free).slice(0, ROOMS_TRIED_MAX);
}

/** Nobody finds the new room before all of them have their seats. */
async function inNewRoom<C>(
  rooms: PartyRooms<C>,
  { players, seconds, ...wanted }: PartyWanted & CallOptions,
): Promise<Seat<C>[]> {
  const room = await rooms.makeRoom({ ...wanted, find: false, open: false });
  const { id, capacity } = room;
  const { namespace, signal } = wanted;
  try {
    if (capacity < players.length)
      throw new FlotillaError(
        "INVALID",
        `a room takes ${capacity} players, these are ${players.length}`,
      );
    const seats = await seatAll(rooms, room, { signal, players, seconds });
    if (wanted.open ?? true) await rooms.setOpen(id, true, { namespace, signal });
    return seats;
  } catch (error) {
    // It would end by itself, a little later.
    await rooms.closeRoom(id, { namespace }).catch(() => undefined);
    throw error;
  }
}

async function seatAll<C>(
  rooms: PartyRooms<C>,
  room: RoomView,
  { players, seconds, signal }: Pick<PartyWanted, "players" | "seconds"> & CallOptions,
): Promise<Seat<C>[]> {
  const wanted = { seconds, signal, waitUpTo: 0 };
  const taken = await Promise.allSettled(
    players.map((player) => rooms.seatIn(room, { ...wanted, player })),
  );
  const seats = taken.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = taken.find((one) => one.status === "rejected");
  if (!failed) return seats;
  await Promise.allSettled(seats.map((seat) => seat.leave()));
  throw failed.reason;
}
