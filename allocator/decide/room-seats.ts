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
  const { patch, expired } = settled(room.status.seats, new Set(players), now);
  return { ...patched(room, patch, now), expired };
}

function settled(
  seats: Seats,
  listed: ReadonlySet<string>,
  now: string,
): { readonly patch: SeatsPatch; readonly expired: number } {
  const patch: Record<string, object | null> = {};
  let expired = 0;
  for (const id in seats) {
    const seat = seats[id] as Seat;
    const isListed = listed.has(seat.player);
    if (isListed && !seat.listed) patch[id] = taken(seat, true);
    else if (!isListed && seat.listed) patch[id] = null;
    else if (!isListed && seat.expiresAt !== undefined && seat.expiresAt <= now) {
      patch[id] = null;
      expired++;
    }
  }
  return { patch, expired };
}

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
  const { patch, expired } = settled(room.status.seats, new Set(players), now);
  const after = patched(room, patch, now);
  const own = seatOf(after.room.status.seats, player);
  if (!own && freeSeats(after.room) <= 0) return undefined;
  const seatPatch = own
    ? own.seat.state === "Reserved"
      ? { expiresAt }
      : {}
    : { player, state: "Reserved", givenAt: now, expiresAt };
  const seatId = own?.id ?? id;
  const given = mergePatch(patch[seatId] ?? {}, seatPatch);
  const isSame = own !== undefined && Object.keys(given as object).length === 0;
  const whole = isSame ? patch : { ...patch, [seatId]: given as object };
  const change = patched(room, whole, now);
  const seat = change.room.status.seats[seatId] as Seat;
  return { ...change, expired, id: seatId, seat, isNew: !own };
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

/** The seat of a player. */
export function seatOf(
  seats: Seats,
  player: string,
): { readonly id: string; readonly seat: Seat } | undefined {
  for (const id in seats) {
    const seat = seats[id] as Seat;
    if (seat.player === player) return { id, seat };
  }
  return undefined;
}

export function freeSeats({ spec, status }: Room): number {
  return spec.capacity - Object.keys(status.seats).length;
}

function patched(room: Room, patch: SeatsPatch, now: string): Omit<SeatsChange, "expired"> {
  if (Object.keys(patch).length === 0) return { room, delta: undefined };
  const seats = mergePatch(room.status.seats, patch);
  const isEmpty = Object.keys(seats).length === 0;
  const since = room.status.emptySince;
  const empty =
    isEmpty && since === undefined
      ? { emptySince: now }
      : !isEmpty && since !== undefined
        ? { emptySince: null }
        : {};
  const delta = { status: { seats: patch, ...empty } };
  return { room: mergePatch(room, delta), delta };
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
