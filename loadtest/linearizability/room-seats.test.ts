import { describe, expect, it } from "vitest";
import { seededRandom } from "../../core/std/random.ts";
import { checkLinearizable } from "./check.ts";
import type { Operation } from "./history.ts";
import { randomHistory } from "./random-history.fixture.ts";
import { type RoomSeatsInput, type RoomSeatsOutput, roomSeats } from "./room-seats.ts";

const BOUNDS = { waysMax: 20_000 };
const FOREVER = Number.POSITIVE_INFINITY;
const KIND = { capacity: 2, roomsMax: 2 };
type RoomSeatsOperation = Operation<RoomSeatsInput, RoomSeatsOutput>;

/** A call that lasts from `invoked` to `returned`: `made`, `found`, `none`, `lost` or `left`, by a player, of a room. */
type Row = readonly [invoked: number, returned: number, what: string, player: string, room: string];

function historyOf(rows: readonly Row[]): RoomSeatsOperation[] {
  return rows.map(([invoked, returned, what, player, room], i) => {
    const leaves = what === "left";
    const input: RoomSeatsInput = leaves ? { do: "leave", room, player } : { do: "find", player };
    const seated = what === "none" ? "none" : { room, made: what === "made" };
    const output = leaves ? "left" : seated;
    const known = returned === FOREVER ? undefined : output;
    return { client: `c${i}`, input, output: known, invoked, returned };
  });
}
const isRight = (history: readonly RoomSeatsOperation[], kind = KIND): boolean =>
  checkLinearizable(history, roomSeats(kind), BOUNDS).isLinearizable;

const FULL: Row[] = [
  [0, 1, "made", "p", "r"],
  [2, 3, "found", "q", "r"],
];

describe("a history of rooms that is right", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, Row[]]>([
    ["fills a room and makes the next", [...FULL, [4, 5, "made", "s", "t"], [6, 7, "found", "u", "t"], [8, 9, "none", "v", ""]]],
    ["gives a seat again that was left", [...FULL, [4, 5, "left", "p", "r"], [6, 7, "found", "s", "r"]]],
    ["gives it while the leaving is under way", [...FULL, [4, 9, "left", "p", "r"], [5, 6, "found", "s", "r"]]],
    ["makes two rooms for two at once, one before the other", [...FULL, [4, 9, "found", "s", "t"], [4, 9, "made", "u", "t"]]],
    ["finds the room of a maker who never learned of it", [[0, FOREVER, "lost", "p", ""], [2, 3, "found", "q", "r"], [4, 5, "made", "s", "t"]]],
    ["makes a room when that one was never made", [[0, FOREVER, "lost", "p", ""], [2, 3, "made", "q", "r"], [4, 5, "found", "s", "r"]]],
    ["takes the fullest, then the oldest",
      [...FULL, [4, 5, "made", "s", "t"], [6, 7, "left", "p", "r"], [8, 9, "found", "u", "r"], [10, 11, "found", "v", "t"]]],
  ])("%s", (_, rows) => expect(isRight(historyOf(rows))).toBe(true));
});

describe("a planted mistake", () => {
  // biome-ignore format: a table is read by its columns
  it.each<[string, Row[]]>([
    ["a seat given twice: more players than seats", [...FULL, [4, 5, "found", "s", "r"]]],
    ["a room made while one has a free seat", [[0, 1, "made", "p", "r"], [2, 3, "made", "q", "t"]]],
    ["two rooms made at once for who fit into one", [[0, 9, "made", "p", "r"], [0, 9, "made", "q", "t"], [10, 11, "left", "p", "r"]]],
    ["a seat that was answered and lost", [...FULL, [4, 5, "made", "s", "t"], [6, 7, "found", "u", "r"]]],
    ["none while a seat is free", [[0, 1, "made", "p", "r"], [2, 3, "none", "q", ""]]],
    ["none while there is place for a room", [...FULL, [4, 5, "none", "s", ""]]],
    ["a seat left that was not there", [[0, 1, "made", "p", "r"], [2, 3, "left", "q", "r"]]],
    ["a stale view: the room that was left is not seen", [...FULL, [4, 5, "left", "p", "r"], [6, 7, "made", "s", "t"]]],
    ["a room found that nobody made", [[0, 1, "found", "p", "r"]]],
    ["a room made twice under one name", [...FULL, [4, 5, "made", "s", "r"]]],
    ["a room over the bound", [...FULL, [4, 5, "made", "s", "t"], [6, 7, "found", "u", "t"], [8, 9, "made", "v", "w"]]],
    ["an emptier room taken before a fuller one",
      [...FULL, [4, 5, "made", "s", "t"], [6, 7, "left", "s", "t"], [8, 9, "left", "p", "r"], [10, 11, "found", "u", "t"]]],
    ["one unknown maker for two rooms", [[0, FOREVER, "lost", "p", ""], [2, 3, "found", "q", "r"], [4, 5, "found", "s", "t"]]],
  ])("is found: %s", (_, rows) => expect(isRight(historyOf(rows))).toBe(false));
});

const LARGE = { capacity: 3, roomsMax: 4 };

/** Rooms in which one operation follows the other. */
class Rooms {
  readonly #rooms: { id: string; players: Set<string> }[] = [];
  readonly #seats = new Map<string, { room: string; player: string }>();
  readonly #random = seededRandom(1);
  #players = 0;

  chooseInput(client: string, last: RoomSeatsOutput | undefined): RoomSeatsInput {
    const player = `${client}-${this.#players}`;
    if (typeof last === "object") {
      const seat = { room: last.room, player: this.#playerOf(client) };
      if (this.#random.next() < 0.5) return { do: "leave", ...seat };
    }
    this.#players += 1;
    this.#seats.set(client, { room: "", player });
    return { do: "find", player };
  }

  act(input: RoomSeatsInput): RoomSeatsOutput {
    if (input.do === "leave") {
      this.#rooms.find(({ id }) => id === input.room)?.players.delete(input.player);
      return "left";
    }
    const free = this.#rooms.filter(({ players }) => players.size < LARGE.capacity);
    const [best] = free.toSorted((a, b) => b.players.size - a.players.size);
    best?.players.add(input.player);
    if (best) return { room: best.id, made: false };
    if (this.#rooms.length === LARGE.roomsMax) return "none";
    const id = `r${this.#rooms.length}`;
    this.#rooms.push({ id, players: new Set([input.player]) });
    return { room: id, made: true };
  }

  #playerOf(client: string): string {
    return this.#seats.get(client)?.player ?? "";
  }
}

function randomOf(seed: number, unknownShare: number): RoomSeatsOperation[] {
  const rooms = new Rooms();
  return randomHistory<RoomSeatsInput, RoomSeatsOutput>({
    ...{ clients: 4, operations: 80, lengthMax: 6, unknownShare, random: seededRandom(seed) },
    chooseInput: (client, last) => rooms.chooseInput(client, last),
    act: (input) => rooms.act(input),
  });
}

describe("random histories that one set of rooms made", () => {
  it("are linearizable, whatever overlaps and whatever answers are lost", () => {
    for (let seed = 1; seed <= 40; seed++)
      expect(isRight(randomOf(seed, 0.02), LARGE), `seed ${seed}`).toBe(true);
  });

  it("are not any more when a player is told of a room that was full", () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const history = randomOf(seed, 0);
      const at = history.findIndex(({ output }) => output === "none");
      const wrong = history.map((operation, i) =>
        i === at ? { ...operation, output: { room: "r0", made: false } } : operation,
      );
      if (at >= 0 && !isRight(wrong, LARGE)) found += 1;
    }
    // Unless somebody was just leaving it.
    expect(found).toBeGreaterThan(20);
  });
});
