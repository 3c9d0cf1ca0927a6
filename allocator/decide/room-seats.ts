import type { Room, Seat, Seats } from "../../core/model/room.ts";
import { parseRfc3339 } from "../../core/std/clock.ts";
import { mergePatch } from "../../core/std/json.ts";

/** What becomes of seats: members of a merge patch by seat id, `null` for one that is free again. */
type SeatsPatch = { readonly [id: string]: object | null };

export interface SeatsChange {
  readonly room: Room;
  /** Merge patch of the room; undefined when nothing changes. */
  readonly delta: object | undefined;
  /** Reserved seats whose time was over. */
  readonly expired: number;
}
export interface SeatGiven extends SeatsChange {
  readonly id: string;
  readonly seat: Seat;
  /** False when the player had it already. */
  readonly isNew: boolean;
}

/**
 * Seats as they are by what the game reports and by the time, RFC 3339. Who is listed is never expired, however late it
 * is looked at; who was listed and is no longer has left.
 */
export function settleSeats(room: Room, players: readonly string[], now: string): SeatsChange {
  const { patch, expired } = surveyed(room.status.seats, players, now);
  return { ...patched(room, patch, now), expired };
}

/** Seats as they are to be: what changes, how many are given then, and the one of a player that is asked for. */
interface Survey {
  readonly patch: SeatsPatch;
  readonly expired: number;
  readonly given: number;
  readonly own: string | undefined;
}

/** One look at each seat: a room may have a thousand, and thousands may ask for one at once. */
function surveyed(seats: Seats, players: readonly string[], now: string, player?: string): Survey {
  const listed = players.length > 0 ? new Set(players) : NOBODY;
  const patch: Record<string, object | null> = {};
  const ids = Object.keys(seats);
  let expired = 0;
  let given = ids.length;
  let own: string | undefined;
  for (const id of ids) {
    const seat = seats[id] as Seat;
    const isListed = listed.has(seat.player);
    const isOver = !isListed && seat.expiresAt !== undefined && seat.expiresAt <= now;
    if (isListed && !seat.listed) patch[id] = taken(seat, true);
    if (isOver || (!isListed && seat.listed)) {
      patch[id] = null;
      given--;
      if (isOver) expired++;
    } else if (seat.player === player) own = id;
  }
  return { patch, expired, given, own };
}
const NOBODY: ReadonlySet<string> = new Set();

function taken({ expiresAt }: Seat, listed: boolean): object {
  return {
    state: "Taken",
    ...(expiresAt === undefined ? {} : { expiresAt: null }),
    ...(listed ? { listed } : {}),
  };
}

export interface SeatAsked {
  readonly player: string;
  /** For a new seat. */
  readonly id: string;
  readonly now: string;
  readonly expiresAt: string;
}

/** A seat for the player: the one that it has, with a new time, or a free one; undefined when none is free. */
export function giveSeat(
  room: Room,
  players: readonly string[],
  { player, id, now, expiresAt }: SeatAsked,
): SeatGiven | undefined {
  const { patch, expired, given, own } = surveyed(room.status.seats, players, now, player);
  if (own === undefined && given >= room.spec.capacity) return undefined;
  const seatId = own ?? id;
  const isNew = own === undefined;
  const change = patched(
    room,
    isNew
      ? { ...patch, [id]: { player, state: "Reserved", givenAt: now, expiresAt } }
      : renewed(room.status.seats, patch, own, expiresAt),
    now,
  );
  const seat = change.room.status.seats[seatId] as Seat;
  return { ...change, expired, id: seatId, seat, isNew };
}

/** A seat that is reserved, and stays so, gets a new time. */
function renewed(seats: Seats, patch: SeatsPatch, id: string, expiresAt: string): SeatsPatch {
  if (patch[id] !== undefined || seats[id]?.state !== "Reserved") return patch;
  return { ...patch, [id]: { expiresAt } };
}

/** The player is there, says who is not the game's SDK. */
export function confirmSeat(room: Room, id: string, now: string): SeatsChange {
  const seat = room.status.seats[id];
  const patch = seat?.state === "Reserved" ? { [id]: taken(seat, false) } : {};
  return { ...patched(room, patch, now), expired: 0 };
}

export function leaveSeat(room: Room, id: string, now: string): SeatsChange {
  return { ...patched(room, { [id]: null }, now), expired: 0 };
}

export function freeSeats({ spec, status }: Room): number {
  return spec.capacity - Object.keys(status.seats).length;
}

function patched(room: Room, patch: SeatsPatch, now: string): Omit<SeatsChange, "expired"> {
  if (isNone(patch)) return { room, delta: undefined };
  const { seats: before, emptySince: since, ...rest } = room.status;
  const seats = mergePatch(before, patch);
  const emptySince = isNone(seats) ? (since ?? now) : undefined;
  const empty = emptySince === since ? {} : { emptySince: emptySince ?? null };
  const status = { ...rest, seats, ...(emptySince === undefined ? {} : { emptySince }) };
  return { room: { ...room, status }, delta: { status: { seats: patch, ...empty } } };
}

function isNone(map: object): boolean {
  for (const _ in map) return false;
  return true;
}

/** When by the time alone something becomes of the room: a seat expires, or it has stood empty for long enough. */
export function dueAt({ spec, status }: Room): number | undefined {
  const { emptySince, seats } = status;
  const times = Object.values(seats).flatMap(({ expiresAt }) => expiresAt ?? []);
  const [first] = times.sort();
  if (first !== undefined) return parseRfc3339(first);
  const since = emptySince === undefined ? undefined : parseRfc3339(emptySince);
  // Times are kept in whole seconds: it is never shorter than asked for.
  return since === undefined ? undefined : since + (spec.emptySeconds + 1) * 1_000;
}

/** True when it has stood without a seat for as long as it may; `nowMs` since 1970. */
export function isEmptyTooLong(room: Room, nowMs: number): boolean {
  if (room.status.emptySince === undefined) return false;
  return (dueAt(room) ?? nowMs + 1) <= nowMs;
}
