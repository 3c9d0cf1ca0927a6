import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHarness, openApi } from "../api/api.fixture.ts";
import { fleetOf, roomSpec } from "../api/rooms.fixture.ts";
import type { Io } from "./io.ts";
import { runCli } from "./program.ts";

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
  await fleetOf(api, "arena", 1, roomSpec(2, 4));
});
afterAll(() => api[Symbol.asyncDispose]());

/** Runs one command line as a matchmaker's owner would: with the token that may allocate, unless it is told otherwise. */
async function run(argv: readonly string[], token = api.tokens.allocate) {
  let [out, err] = ["", ""];
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    stdin: Readable.from([""]),
    env: { FLOTILLA_API: api.url, FLOTILLA_TOKEN: token },
    now: () => Date.now(),
    signal: new AbortController().signal,
  };
  return { code: await runCli(argv, io), out, err };
}
const wordsOf = (out: string): string[] => (out.split("\n")[1] ?? "").split(/ {3,}/);

describe("flotilla room", () => {
  it("makes a room with a seat, finds it for the next one, and frees a seat", async () => {
    const first = await run(["room", "make", "arena", "--player", "ann", "--attributes", "map=a"]);
    expect(first.out).toMatch(/^ROOM +NEW +SEATS +GAMESERVER +SEAT +PLAYER +STATE +ADDRESS +PORTS/);
    const [room = "", isNew, seats, server, seat = "", ...rest] = wordsOf(first.out);
    expect([isNew, seats, server]).toEqual(["yes", "1/2", "arena-0"]);
    expect(rest).toEqual(["ann", "Reserved", "127.0.0.1", "game:7000"]);
    const next = await run(["room", "make", "arena", "--attributes", "map=a"]);
    expect(wordsOf(next.out)).toEqual([room, "no", "1/2", "arena-0", "127.0.0.1", "game:7000"]);
    const ben = await run(["room", "seat", room, "ben", "--seconds", "60"]);
    expect(wordsOf(ben.out).slice(1)).toEqual(["ben", "Reserved", "127.0.0.1", "game:7000"]);
    const full = await run(["room", "seat", room, "cid"]);
    expect([full.code, full.out]).toEqual([7, ""]);
    const left = await run(["room", "leave", room, seat]);
    expect(left.out).toBe(`seat ${seat} of room/${room} is free\n`);
    const described = await run(["describe", "room", room], api.tokens.admin);
    expect(described.out).toMatch(
      /\nSeats: 0 taken, 1 reserved, 1 free\n.*\n {2}\S+ +ben +Reserved/,
    );
    const fleet = await run(["describe", "fleet", "arena"], api.tokens.admin);
    const onServer = await run(["describe", "gs", "arena-0"], api.tokens.admin);
    expect(onServer.out).toContain("Rooms: 1, 1 of 2 seats given, 1 of them reserved, 0 closed");
    expect(fleet.out).toContain("Rooms: 1, 1 of 2 seats given, 1 of them reserved, 0 closed");
  });

  it("shows the join token only where the whole answer is asked for, and the same answer for the same key", async () => {
    const argv = ["room", "make", "arena", "--new", "--capacity", "1", "--player", "dan"];
    const asked = [...argv, "--idempotency-key", "k1"];
    const { out } = await run([...asked, "-o", "json"]);
    const { room, made, seat } = JSON.parse(out);
    expect([made, room.capacity, seat.token.split(".").length]).toEqual([true, 1, 3]);
    const table = await run(asked);
    expect(wordsOf(table.out)[0]).toBe(room.id);
    expect(table.out).not.toContain(seat.token);
  });

  it.each([
    [["make", "arena", "--capacity", "few"], '--capacity takes a whole number, not "few"'],
    [["make", "arena", "--seconds", "5"], "--seconds is of a seat: name its --player"],
    [["make", "arena", "--attributes", "map"], "map is not of the form name=value"],
    [["make", "arena", "--wait", "1h"], "--wait takes seconds such as 10"],
    [["make", "arena", "--capacity", "0"], "capacity: must be 1..1000, found 0"],
  ])("says what is wrong with %s", async (argv, cause) => {
    const { code, err } = await run(["room", ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(cause);
  });
});
