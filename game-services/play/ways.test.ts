import { afterAll, beforeAll, expect, it } from "vitest";
import { RoomsApi } from "../client/rooms-api.fixture.ts";
import { ArenaServer } from "../game/arena/arena-server.ts";
import { shownWith } from "../game/join-keys.fixture.ts";
import { JoinTokens } from "../game/join-tokens.ts";
import { missingIn, play } from "./script.ts";
import { bySeats } from "./ways.ts";

const tokens = new JoinTokens({ now: Date.now, usedMax: 100, keysWaitMs: 1, waitersMax: 10 });
let api: RoomsApi;
let arena: ArenaServer;
const told: string[] = [];

beforeAll(async () => {
  api = await RoomsApi.open();
  tokens.show(shownWith("uid-1", api.signer));
  arena = await ArenaServer.open({
    host: "127.0.0.1",
    webSocketPort: 0,
    udpPort: 0,
    tokensWanted: "required",
    tokens,
    onPlayers: () => undefined,
    onPresence: ({ players, rooms }) => told.push(`${[...players].sort().join()} in ${rooms}`),
  });
  api.ports = [
    { name: "game", port: arena.webSocketPort },
    { name: "udp", port: arena.udpPort },
  ];
});
afterAll(async () => {
  await arena[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

it("lets players meet in one room, each by a seat, and gives the seats back", async () => {
  const where = { api: api.url, token: "secret", namespace: "default", fleet: "demo" };
  const said: string[] = [];
  const entrances = await bySeats(where, ["red", "blue"], (line) => said.push(line));
  expect(api.players("demo-room1")).toEqual(["red", "blue"]);
  const { webSocketPort, udpPort } = arena;
  expect(said).toEqual([
    `2 seats in room demo-room1 on demo-1: WebSocket 127.0.0.1:${webSocketPort}, UDP 127.0.0.1:${udpPort}`,
  ]);
  // More than it takes: this process may stand still for a while.
  const stats = await play({ entrances, seconds: 3 });
  expect(missingIn(stats)).toEqual([]);
  expect(stats.map(({ name, udpLost }) => [name, udpLost])).toEqual([
    ["red", 0],
    ["blue", 0],
  ]);
  expect(told).toContain("blue,red in 1");
  expect(api.players("demo-room1")).toEqual([]);
});

it("says in a sentence why there are no seats", async () => {
  const where = { api: "http://127.0.0.1:1", token: "secret", namespace: "default", fleet: "demo" };
  await expect(bySeats(where, ["red"], () => undefined)).rejects.toThrow(
    /^no seats in a room of fleet demo: cannot reach http:\/\/127\.0\.0\.1:1: .*; is it up\? \(npm start\)$/,
  );
});
