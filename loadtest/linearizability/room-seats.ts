import type { Model } from "./history.ts";

/** Finds the fullest room with a free seat for a player, or makes one; or gives a seat back. */
export type RoomSeatsInput =
  | { readonly do: "find"; readonly player: string }
  | { readonly do: "leave"; readonly room: string; readonly player: string };
export type RoomSeatsOutput =
  | { readonly room: string; readonly made: boolean }
  /** No room has a free seat, and there is no place for another one. */
  | "none"
  | "left";

interface Room {
  /** Undefined until somebody says it: its maker never learned it. */
  readonly id: string | undefined;
  readonly players: readonly string[];
}
/** The oldest first. */
type Rooms = readonly Room[];

export interface RoomSeatsOptions {
  readonly capacity: number;
  readonly roomsMax: number;
}

/**
 * Rooms of one kind that never close: a seat is given in the fullest room that has one free, of those in the oldest;
 * a room is made only when none has.
 */
export function roomSeats({
  capacity,
  roomsMax,
}: RoomSeatsOptions): Model<Rooms, RoomSeatsInput, RoomSeatsOutput> {
  const find = (rooms: Rooms, player: string, output: RoomSeatsOutput | undefined): Rooms[] => {
    const best = bestOf(rooms, capacity);
    if (output === "left") return [];
    if (best) {
      if (output === "none" || output?.made) return [];
      const named = nameOf(rooms, best, output?.room);
      if (output && named !== output.room) return [];
      const seated = { id: named, players: [...best.players, player].sort() };
      return [rooms.map((room) => (room === best ? seated : room))];
    }
    if (output === "none") return rooms.length === roomsMax ? [rooms] : [];
    const isNew = !output || (output.made && !rooms.some(({ id }) => id === output.room));
    if (!isNew || rooms.length === roomsMax) return [];
    return [[...rooms, { id: output?.room, players: [player] }]];
  };
  return {
    initial: [],
    next: (rooms, input, output) =>
      input.do === "find" ? find(rooms, input.player, output) : leave(rooms, input, output),
    keyOf: (rooms) =>
      rooms.map(({ id, players }) => `${id ?? "?"}[${players.join(" ")}]`).join(" "),
  };
}

/** Of the rooms with a free seat the fullest, of those the oldest. */
function bestOf(rooms: Rooms, capacity: number): Room | undefined {
  return rooms
    .filter(({ players }) => players.length < capacity)
    .reduce<Room | undefined>(
      (best, room) => (best && best.players.length >= room.players.length ? best : room),
      undefined,
    );
}

/** A room whose maker never learned its name may have any that no other has. */
function nameOf(rooms: Rooms, { id }: Room, answered: string | undefined): string | undefined {
  const isTaken = rooms.some((room) => room.id === answered);
  return id ?? (isTaken ? undefined : answered);
}

function leave(
  rooms: Rooms,
  input: RoomSeatsInput & { do: "leave" },
  output: RoomSeatsOutput | undefined,
): Rooms[] {
  const isThere = ({ id, players }: Room): boolean =>
    id === input.room && players.includes(input.player);
  const isPossible = output === undefined || output === "left";
  if (!isPossible || !rooms.some(isThere)) return [];
  const rest = (players: readonly string[]): string[] => players.filter((p) => p !== input.player);
  return [rooms.map((room) => (isThere(room) ? { ...room, players: rest(room.players) } : room))];
}
