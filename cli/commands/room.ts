import { type Command, Option } from "commander";
import { stringify } from "yaml";
import type { RoomView, SeatView } from "../../allocator/decide/room-views.ts";
import { portsText } from "../../core/model/columns.ts";
import { SEAT_SECONDS } from "../../core/model/room.ts";
import { FleetError } from "../../core/std/errors.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { keyHeader, pairsOf, waitOf } from "../request-words.ts";
import { printable, textTable } from "../text-table.ts";

interface Flags {
  readonly attributes?: string;
  readonly capacity?: string;
  readonly player?: string;
  readonly seconds?: string;
  readonly new?: true;
  readonly wait?: string;
  readonly idempotencyKey?: string;
  readonly output: "table" | "json" | "yaml";
}
interface Opened {
  readonly room: RoomView;
  readonly made: boolean;
  readonly seat?: SeatView;
}

/** `flotilla room make|seat|leave`: what a matchmaker does over the API, by hand. */
export function roomCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "room",
    summary: "Find or make a room on a fleet, give a player a seat in it, free a seat",
    settings: [],
    examples: [
      ["flotilla room make arena --player ann", "a room with a free seat, and the seat"],
      ["flotilla room seat arena-x7k2p9qa ben", "a seat in one that is known"],
      ["flotilla room leave arena-x7k2p9qa s4k2p9qax7k2p", "the seat is free"],
      ["flotilla get rooms -o wide", "what rooms there are"],
      ["flotilla describe room arena-x7k2p9qa", "who sits in one, and why still"],
    ],
  });
  return command
    .addCommand(makeRoomCommand(io))
    .addCommand(seatCommand(io))
    .addCommand(leaveCommand(io));
}

function makeRoomCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "make <fleet>",
    summary: "Find an open room with just these attributes and a free seat, or make it",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla room make arena", "a room on a game server of the fleet"],
      ["flotilla room make arena --player ann --attributes map=harbour", "and a seat in it"],
      ["flotilla room make arena --new --capacity 4", "a new one in any case, for four"],
      ["flotilla room make arena --player ann -o json", "whole, with the token to join with"],
    ],
  });
  command
    .option("--player <name>", "who gets a seat in it")
    .option("--attributes <pairs>", "what it is to be: map=harbour,mode=ranked")
    .option("--capacity <seats>", "how many seats it has")
    .option("--new", "make one, whatever there is");
  return withAskingFlags(command).action(async (fleet: string, flags: Flags) => {
    const { config, api } = contextOf(io, command);
    const { capacity, player, seconds } = flags;
    if (seconds !== undefined && player === undefined)
      throw new FleetError("INVALID", "--seconds is of a seat: name its --player");
    const body = {
      ...{ namespace: config.namespace, fleet, attributes: pairsOf(flags.attributes) },
      ...(capacity === undefined ? {} : { capacity: wholeOf("--capacity", capacity) }),
      ...(flags.new ? { find: false } : {}),
      ...(player === undefined ? {} : { seat: seatWish(player, seconds) }),
      ...waitOf(flags.wait),
    };
    const headers = keyHeader(flags.idempotencyKey);
    const answer = await api.request({ method: "POST", path: "/v1/rooms", body, headers });
    const opened = answer.body as Opened;
    io.out(shownAs(flags.output, opened, () => openedTable(opened)));
  });
}

function seatCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "seat <room> <player>",
    summary: "Give a player a seat in a room, or a new token for the one it has",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla room seat arena-x7k2p9qa ben", "kept for half a minute"],
      ["flotilla room seat arena-x7k2p9qa ben --wait 1m", "wait for one in a full room"],
    ],
  });
  return withAskingFlags(command).action(async (room: string, player: string, flags: Flags) => {
    const { config, api } = contextOf(io, command);
    const { body } = await api.request({
      method: "POST",
      path: pathOf(room, "/seats", config.namespace),
      body: { ...seatWish(player, flags.seconds), ...waitOf(flags.wait) },
      headers: keyHeader(flags.idempotencyKey),
    });
    const seat = body as SeatView;
    io.out(shownAs(flags.output, seat, () => textTable([SEAT_COLUMNS, seatRow(seat)])));
  });
}

function leaveCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "leave <room> <seat>",
    summary: "Free a seat; `flotilla describe room` shows whose is which",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla room leave arena-x7k2p9qa s4k2p9qax7k2p", "it is for others now"]],
  });
  return command.action(async (room: string, seat: string) => {
    const { config, api } = contextOf(io, command);
    const path = pathOf(room, `/seats/${encodeURIComponent(seat)}`, config.namespace);
    await api.request({ method: "DELETE", path });
    io.out(`seat ${seat} of room/${room} is free\n`);
  });
}

function withAskingFlags(command: Command): Command {
  const { usual } = SEAT_SECONDS;
  return command
    .option("--seconds <number>", `how long the seat is kept for the player (default: ${usual})`)
    .option("--wait <time>", "wait so long when nothing is free: 30, 500ms or 1m")
    .option("--idempotency-key <key>", "the same key gets the same answer again")
    .addOption(
      new Option("-o, --output <form>", "how to print; json and yaml have the join token")
        .choices(["table", "json", "yaml"])
        .default("table"),
    );
}

const pathOf = (room: string, part: string, namespace: string): string =>
  `/v1/rooms/${encodeURIComponent(room)}${part}?${new URLSearchParams({ namespace })}`;

function seatWish(player: string, seconds: string | undefined): object {
  return { player, ...(seconds === undefined ? {} : { seconds: wholeOf("--seconds", seconds) }) };
}

function wholeOf(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new FleetError("INVALID", `${flag} takes a whole number, not ${JSON.stringify(text)}`);
}

function shownAs(form: Flags["output"], body: object, table: () => string): string {
  if (form === "table") return table();
  return form === "json" ? `${JSON.stringify(body, null, 2)}\n` : stringify(body);
}

const SEAT_COLUMNS = ["SEAT", "PLAYER", "STATE", "ADDRESS", "PORTS"];
const seatRow = ({ id, player, state, host, ports }: SeatView): string[] => [
  ...[id, printable(player), state],
  ...[host, portsText(ports)],
];

function openedTable({ room, made, seat }: Opened): string {
  const { id, capacity, seats, gameServer } = room;
  const head = ["ROOM", "NEW", "SEATS", "GAMESERVER"];
  const row = [id, made ? "yes" : "no", `${capacity - seats.free}/${capacity}`, gameServer.name];
  if (seat)
    return textTable([
      [...head, ...SEAT_COLUMNS],
      [...row, ...seatRow(seat)],
    ]);
  const place = [gameServer.address, portsText(gameServer.ports)];
  return textTable([
    [...head, "ADDRESS", "PORTS"],
    [...row, ...place],
  ]);
}
