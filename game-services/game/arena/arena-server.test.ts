import { Client, type Room } from "@colyseus/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { shownWith, TokenSigner, type Wanted } from "../join-keys.fixture.ts";
import { JoinTokens } from "../join-tokens.ts";
import { TAKEN_OVER } from "../played-room.ts";
import { ArenaServer } from "./arena-server.ts";
import type { ArenaView, UdpTicket } from "./arena-state.ts";

type ArenaRoom = Room<unknown, ArenaView>;
const tokens = new JoinTokens({ now: Date.now, usedMax: 100, keysWaitMs: 1, waitersMax: 10 });
let signer: TokenSigner;
let arena: ArenaServer;
let client: Client;
let room = "";
let rooms = 0;
let told: string[] = [];
const open: ArenaRoom[] = [];

// Colyseus keeps its matchmaker in a module: one server for all tests of this file.
beforeAll(async () => {
  signer = await TokenSigner.make("key-1");
  tokens.show(shownWith("uid-1", signer));
  arena = await ArenaServer.open({
    host: "127.0.0.1",
    webSocketPort: 0,
    udpPort: 0,
    tokensWanted: "optional",
    tokens,
    onPlayers: () => undefined,
    onPresence: ({ players, rooms }) => told.push(`${[...players].sort().join()} in ${rooms}`),
  });
  client = new Client(`ws://127.0.0.1:${arena.webSocketPort}`);
});
afterAll(() => arena[Symbol.asyncDispose]());
afterEach(async () => {
  for (const one of open.splice(0)) one.connection.isOpen && (await one.leave());
  await until(() => arena.players === 0 && told.at(-1) === " in 0");
  told = [];
});

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}
function newRoom(): string {
  rooms += 1;
  room = `arena-room${rooms}`;
  return room;
}
function kept(joined: ArenaRoom): ArenaRoom {
  // What is sent to everybody is of no interest here, and the SDK would warn of it.
  joined.onMessage("*", () => undefined);
  open.push(joined);
  return joined;
}
async function join(sub: string, wanted: Wanted = {}): Promise<ArenaRoom> {
  const token = await signer.sign({ room, sub, ...wanted });
  return kept(await client.joinOrCreate<ArenaView>("arena", { token }));
}
const names = ({ state }: ArenaRoom): string[] =>
  [...(state?.players?.values() ?? [])].map(({ name }) => name).sort();

describe("players with a join token", () => {
  it("meet in the room that it names, and are told to the platform by their own names", async () => {
    const id = newRoom();
    const [ann, ben] = [await join("ann"), await join("ben")];
    expect([ann.roomId, ben.roomId]).toEqual([id, id]);
    await until(() => names(ann).join() === "ann,ben");
    expect(told.at(-1)).toBe("ann,ben in 1");
    const other = newRoom();
    const third = await join("ann");
    expect(third.roomId).toBe(other);
    expect(told.at(-1)).toBe("ann,ben in 2");
    await ann.leave();
    await until(() => told.at(-1) === "ann,ben in 2" && names(ben).join() === "ben");
    await third.leave();
    await until(() => told.at(-1) === "ben in 1");
  });

  it("are as many as the room takes, whoever else has a token", async () => {
    newRoom();
    await join("ann", { cap: 1 });
    await expect(join("ben", { cap: 1 })).rejects.toThrow("join refused: Full");
    expect(arena.players).toBe(1);
  });

  it("come in once with it, and into no other room", async () => {
    newRoom();
    const token = await signer.sign({ room });
    kept(await client.joinOrCreate("arena", { token }));
    await expect(client.joinOrCreate("arena", { token })).rejects.toThrow("join refused: Used");
    const [one, two] = [await signer.sign({ room }), await signer.sign({ room: "arena-else" })];
    await expect(client.joinOrCreate("arena", { token: one, room: "arena-else" })).rejects.toThrow(
      "join refused: WrongRoom",
    );
    await expect(client.joinById(room, { token: two })).rejects.toThrow("join refused: WrongRoom");
    expect(arena.players).toBe(1);
  });

  it("may make the room in any of Colyseus' ways: it stays one", async () => {
    newRoom();
    await join("ann");
    const again = await client.create<ArenaView>("arena", {
      token: await signer.sign({ room, sub: "ben" }),
    });
    await until(() => names(kept(again)).join() === "ann,ben");
    expect(told.at(-1)).toBe("ann,ben in 1");
  });
});

describe("players without a token", () => {
  it("are never in a room of those who have one, whichever way they try", async () => {
    newRoom();
    const ann = await join("ann");
    await expect(client.joinById(room, {})).rejects.toThrow("join refused: WrongRoom");
    await expect(client.joinOrCreate("arena", { room })).rejects.toThrow("join refused: NoToken");
    const guest = kept(await client.joinOrCreate<ArenaView>("arena", { name: "guest", cap: 1 }));
    const second = kept(await client.joinOrCreate<ArenaView>("arena", { name: "second" }));
    expect(guest.roomId).toBe(second.roomId);
    expect(guest.roomId).not.toBe(room);
    await until(() => names(guest).join() === "guest,second");
    expect(names(ann)).toEqual(["ann"]);
    expect(told.at(-1)).toBe(`${[guest.sessionId, second.sessionId, "ann"].sort().join()} in 2`);
  });
});

describe("a player who comes in anew", () => {
  it("has its place in the arena, and the old connection is told and does not come back", async () => {
    newRoom();
    const [before, ben] = [await join("ann"), await join("ben")];
    await until(() => before.state?.players?.size === 2);
    const codes: number[] = [];
    before.onLeave((code) => codes.push(code));
    before.send("move", { x: 51, y: 50 });
    const numberOf = ({ state }: ArenaRoom): number | undefined =>
      [...(state?.players?.values() ?? [])].find(({ name }) => name === "ann")?.number;
    const oldTicket: UdpTicket = await before.request("udp");
    const after = await join("ann");
    await until(() => codes.length === 1 && names(ben).join() === "ann,ben");
    expect(codes).toEqual([TAKEN_OVER]);
    const newTicket: UdpTicket = await after.request("udp");
    expect(newTicket.number).toBe(oldTicket.number);
    expect(newTicket.token).not.toBe(oldTicket.token);
    expect(numberOf(after)).toBe(oldTicket.number);
    expect(arena.players).toBe(2);
    // It was there all the time, for the platform too.
    const since = told.slice(told.indexOf("ann,ben in 1"));
    expect(since.every((presence) => presence === "ann,ben in 1")).toBe(true);
  });

  it("needs no free place, also when its connection broke before", async () => {
    newRoom();
    const before = await join("ann", { cap: 1 });
    await join("ann", { cap: 1 });
    expect(arena.players).toBe(1);
    const third = open.at(-1) ?? expect.fail("it has joined");
    third.reconnection.enabled = false;
    third.connection.close(4010);
    await until(() => !third.connection.isOpen);
    const after = await join("ann", { cap: 1 });
    await until(() => names(after).join() === "ann");
    expect(arena.players).toBe(1);
    expect(before.connection.isOpen).toBe(false);
  });

  it("needs no new token while its old connection is waited for", async () => {
    newRoom();
    const before = await join("ann");
    const session = before.reconnectionToken;
    before.reconnection.enabled = false;
    before.connection.close(4010);
    await until(() => !before.connection.isOpen);
    const after = kept(await client.reconnect<ArenaView>(session));
    await until(() => names(after).join() === "ann");
    expect(arena.players).toBe(1);
    expect(told.at(-1)).toBe("ann in 1");
  });
});
