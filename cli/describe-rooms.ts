import type { WaitingView } from "../api/waiting-routes.ts";
import { ageOf, formatDuration } from "../core/model/age.ts";
import type { Room, Seat } from "../core/model/room.ts";
import { parseRfc3339 } from "../core/std/clock.ts";
import type { AnyResource } from "./api-client.ts";
import { rowsOf } from "./output.ts";
import { printable, textTable } from "./text-table.ts";

const ROOMS_SHOWN_MAX = 10;

/** The seats of a room, whose they are and why they are given still. Pure. */
export function seatsText({ spec, status }: Room, now: number): string {
  const seats = Object.entries(status.seats);
  const free = Math.max(0, spec.capacity - seats.length);
  if (seats.length === 0)
    return `Seats: ${free} free; ${endText(spec.emptySeconds, status, now)}\n`;
  const reserved = seats.filter(([, { state }]) => state === "Reserved").length;
  const head = `Seats: ${seats.length - reserved} taken, ${reserved} reserved, ${free} free\n`;
  const rows = seats
    .sort(([, a], [, b]) => a.givenAt.localeCompare(b.givenAt))
    .map(([id, seat]) => [
      ...[id, printable(seat.player), seat.state],
      ...[`${ageOf(seat.givenAt, now)} ago`, whyGiven(seat, now)],
    ]);
  return head + indented(textTable([["SEAT", "PLAYER", "STATE", "GIVEN", "WHY"], ...rows]));
}

function endText(emptySeconds: number, { emptySince }: Room["status"], now: number): string {
  const end = leftUntil(emptySince, now - emptySeconds * 1_000);
  return end ? `the room ends in ${end} unless one is given` : "the room ends";
}

function whyGiven({ state, expiresAt, listed }: Seat, now: number): string {
  if (state === "Taken")
    return listed ? "the game lists the player" : "confirmed over the API, not listed by the game";
  const left = leftUntil(expiresAt, now);
  return left ? `kept ${left} more for the player to come` : "its time is over";
}

/** How long until a time; undefined when it has been. */
function leftUntil(time: string | undefined, now: number): string | undefined {
  const at = time === undefined ? undefined : parseRfc3339(time);
  return at !== undefined && at > now ? formatDuration(at - now) : undefined;
}

/** Rooms of a fleet or of a game server, all that `narrowed` lists: the sums, and the first few. Pure; empty when there are none. */
export function roomsText(rooms: readonly Room[], narrowed: string, now: number): string {
  if (rooms.length === 0) return "";
  const seats = rooms.flatMap(({ status }) => Object.values(status.seats));
  const reserved = seats.filter(({ state }) => state === "Reserved").length;
  const all = rooms.reduce((sum, { spec }) => sum + spec.capacity, 0);
  const closed = rooms.filter(({ spec }) => !spec.open).length;
  const sums = [
    `${seats.length} of ${all} seats given`,
    `${reserved} of them reserved`,
    `${closed} closed to others`,
  ];
  const shown = rooms.slice(0, ROOMS_SHOWN_MAX) as unknown as AnyResource[];
  const table = textTable(rowsOf("Room", shown, { wide: false, withNamespace: false, now }));
  const more = rooms.length - shown.length;
  const rest = more > 0 ? `  ${more} more: flotilla get rooms ${narrowed}\n` : "";
  return `Rooms: ${rooms.length}, ${sums.join(", ")}\n${indented(table)}${rest}`;
}

const WAITED_FOR = { gameserver: "a game server", room: "a room", seat: "a seat" } as const;

/** How many wait for what, and how long already. Pure; empty when nobody does. */
export function waitingText(waiting: readonly WaitingView[]): string {
  const sums = (Object.keys(WAITED_FOR) as WaitingView["what"][]).flatMap((what) => {
    const same = waiting.filter((one) => one.what === what);
    if (same.length === 0) return [];
    const requests = same.reduce((sum, one) => sum + one.requests, 0);
    const oldest = Math.max(...same.map(({ oldestSeconds }) => oldestSeconds));
    return [
      `${requests} for ${WAITED_FOR[what]} (the first for ${formatDuration(oldest * 1_000)})`,
    ];
  });
  return sums.length === 0 ? "" : `Waiting: ${sums.join(", ")}\n`;
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");
