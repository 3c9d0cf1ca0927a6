import { Client } from "@colyseus/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ArenaServer } from "../game/arena/arena-server.ts";
import type { ArenaView } from "../game/arena/arena-state.ts";
import { shownWith } from "../game/join-keys.fixture.ts";
import { JoinTokens } from "../game/join-tokens.ts";
import type { ColyseusRoom } from "./colyseus.ts";
import { FlotillaClient } from "./flotilla-client.ts";
import { RoomsApi } from "./rooms-api.fixture.ts";
import type { Seat } from "./seat.ts";
import type { Timing } from "./timing.ts";

type ArenaRoom = ColyseusRoom<ArenaView>;
const tokens = new JoinTokens({ now: Date.now, usedMax: 100, keysWaitMs: 1, waitersMax: 10 });
let arena: ArenaServer;
let told = "";
let api: RoomsApi;
let client: FlotillaClient<ArenaView>;
let onSleep = (): void => undefined;
const seats: Seat<ArenaRoom>[] = [];
const timing: Timing = {
  now: () => performance.now(),
  random: () => 0,
  sleep: async (_, signal) => {
    signal?.throwIfAborted();
    onSleep();
    await new Promise((resolve) => setImmediate(resolve));
  },
};

// Colyseus keeps its matchmaker in a module: one server for all tests of this file.
beforeAll(async () => {
  arena = await ArenaServer.open({
    host: "127.0.0.1",
    webSocketPort: 0,
    udpPort: 0,
    tokensWanted: "required",
    tokens,
    onPlayers: () => undefined,
    onPresence: ({ players, rooms }) => (told = `${[...players].sort().join()} in ${rooms}`),
  });
});
afterAll(() => arena[Symbol.asyncDispose]());
beforeEach(async () => {
  api = await RoomsApi.open();
  api.ports = [{ name: "game", port: arena.webSocketPort }];
  tokens.show(shownWith("uid-1", api.signer));
  client = new FlotillaClient<ArenaView>({ url: api.url, token: "secret", timing });
  onSleep = () => undefined;
});
afterEach(async () => {
  await Promise.all(seats.splice(0).map((seat) => seat.leave().catch(() => undefined)));
  await until(() => told === " in 0");
  await api[Symbol.asyncDispose]();
});

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}
async function seatFor(player: string): Promise<{ seat: Seat<ArenaRoom>; states: string[] }> {
  const seat = await client.join({ fleet: "arena", player });
  const states: string[] = [];
  seat.onState(({ state }) => states.push(state));
  seats.push(seat);
  return { seat, states };
}
const names = ({ state }: ArenaRoom): string =>
  [...(state?.players?.values() ?? [])]
    .map(({ name }) => name)
    .sort()
    .join();
/** Breaks the connection in a way that Colyseus' own client does not mend. */
function breakOff(room: ArenaRoom): void {
  room.reconnection.enabled = false;
  room.connection.close(4010);
}

describe("a player with a seat", () => {
  it("meets others in the room, and its seat and its place are free when it has left", async () => {
    const { seat, states } = await seatFor("ann");
    const { seat: other } = await seatFor("ben");
    const [room, second] = [await seat.connect(), await other.connect()];
    expect([room.roomId, second.roomId]).toEqual([seat.room, seat.room]);
    expect(await seat.connect()).toBe(room);
    await until(() => names(room) === "ann,ben" && told === "ann,ben in 1");
    await seat.leave();
    expect(states).toEqual(["connecting", "connected", "left"]);
    expect(api.players(other.room)).toEqual(["ben"]);
    await until(() => names(second) === "ben" && told === "ben in 1");
  });

  it("gets a fresh token first when the one it has is too old, by what the token says itself", async () => {
    api.tokenSeconds = 4;
    const { seat } = await seatFor("ann");
    api.tokenSeconds = 60;
    await seat.connect();
    expect(api.asked.map(({ path }) => path.split("?")[0])).toEqual([
      "/v1/rooms",
      `/v1/rooms/${seat.room}/seats`,
    ]);
  });

  it("gets another token when the game refuses the first, a few times and no more", async () => {
    api.uid = "uid-2";
    const { seat, states } = await seatFor("ann");
    onSleep = () => (api.uid = "uid-1");
    await seat.connect();
    expect(api.asked).toHaveLength(2);
    await seat.leave();
    api.uid = "uid-2";
    onSleep = () => undefined;
    const { seat: never, states: unhappy } = await seatFor("ben");
    await expect(never.connect()).rejects.toMatchObject({
      code: "REFUSED",
      message: "join refused: WrongServer",
    });
    expect(api.asked).toHaveLength(2 + 1 + 1 + 3);
    expect(states).toEqual(["connecting", "connected", "left"]);
    expect(unhappy).toEqual(["connecting", "lost"]);
  });

  it("says which port is missing, and where nobody listens", async () => {
    api.ports = [{ name: "game", port: 1 }];
    const { seat } = await seatFor("ann");
    await expect(seat.connect()).rejects.toMatchObject({ code: "NETWORK" });
    api.ports = [];
    await expect(seat.connect()).rejects.toThrow("has no port named game");
  });

  it("does not connect when its signal ends it", async () => {
    const { seat } = await seatFor("ann");
    const signal = AbortSignal.abort(new Error("the player went away"));
    await expect(seat.connect({ signal })).rejects.toThrow("the player went away");
    const ending = new AbortController();
    const connecting = seat.connect({ signal: ending.signal });
    ending.abort(new Error("the player went away, too"));
    await expect(connecting).rejects.toThrow("the player went away, too");
    expect(seat.state).toBe("lost");
    await until(() => told === " in 0");
  });
});

describe("a connection that breaks", () => {
  it("is mended by Colyseus, and nobody else is asked", async () => {
    const { seat, states } = await seatFor("ann");
    const room = await seat.connect();
    room.connection.close(4010);
    await until(() => states.at(-1) === "connected" && states.length === 4);
    expect(states).toEqual(["connecting", "connected", "reconnecting", "connected"]);
    expect(seat.connection).toBe(room);
    expect(api.asked).toHaveLength(1);
    expect(told).toBe("ann in 1");
  });

  it("goes on with the old session when Colyseus gave up, also while the control plane is away", async () => {
    const { seat, states } = await seatFor("ann");
    const room = await seat.connect();
    api.faults.push("cut");
    breakOff(room);
    await until(() => states.length === 4);
    expect(states).toEqual(["connecting", "connected", "reconnecting", "connected"]);
    expect(seat.connection).not.toBe(room);
    expect(seat.connection?.sessionId).toBe(room.sessionId);
    expect(api.asked).toHaveLength(2);
  });

  it("becomes a new session of the same seat and place when the old one is gone", async () => {
    const { seat, states } = await seatFor("ann");
    const { seat: other } = await seatFor("ben");
    const [room, second] = [await seat.connect(), await other.connect()];
    const id = seat.id;
    await room.leave();
    await until(() => states.at(-1) === "lost");
    await until(() => names(second) === "ben");
    const again = await seat.reconnect();
    expect([again.roomId, seat.id]).toEqual([room.roomId, id]);
    expect(again.sessionId).not.toBe(room.sessionId);
    await until(() => names(second) === "ann,ben");
    expect(api.players(seat.room)).toEqual(["ann", "ben"]);
  });

  it("is lost when the room is gone, and says so", async () => {
    const { seat, states } = await seatFor("ann");
    const changes: (string | undefined)[] = [];
    seat.onState(({ because }) => changes.push(because));
    const room = await seat.connect();
    await client.closeRoom(seat.room);
    breakOff(room);
    await until(() => states.at(-1) === "lost");
    expect(changes.at(-1)).toBe(`room ${seat.room} not found`);
    expect(states).toEqual(["connecting", "connected", "reconnecting", "lost"]);
    await expect(seat.reconnect()).rejects.toMatchObject({ code: "NOT_FOUND" });
    // The game would wait for the player a while longer.
    const back = await new Client(`ws://127.0.0.1:${arena.webSocketPort}`).reconnect(
      room.reconnectionToken,
    );
    await back.leave();
  });

  it("is not fought for by a player who has come in anew elsewhere", async () => {
    const { seat, states } = await seatFor("ann");
    await seat.connect();
    const { seat: elsewhere } = await seatFor("ann");
    const room = await elsewhere.connect();
    await until(() => states.at(-1) === "lost");
    expect(elsewhere.id).toBe(seat.id);
    expect(api.asked).toHaveLength(2);
    await until(() => names(room) === "ann" && told === "ann in 1");
    expect(elsewhere.state).toBe("connected");
  });
});
