import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "@colyseus/sdk";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../../core/std/free-port.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import { MapProcess } from "./map-process.fixture.ts";

let backend: Backend;
let redis: ChildProcess;
let redisPort: number;
let redisUrl: string;
let client: Redis;
let games: MapProcess[] = [];
let maps = 0;
let map = "";

beforeAll(async () => {
  backend = await Backend.open();
  redisPort = await freePort();
  redisUrl = `redis://127.0.0.1:${redisPort}/0`;
  startRedis();
  client = new Redis(redisUrl);
  client.on("error", () => undefined);
  await client.ping();
});
afterAll(async () => {
  client.disconnect();
  await killRedis();
  await backend[Symbol.asyncDispose]();
});
beforeEach(async () => {
  maps += 1;
  map = `shared${maps}`;
  backend.draw(map);
  games = [await start(), await start()];
});
afterEach(async () => {
  for (const game of games) await game[Symbol.asyncDispose]();
});

function startRedis(): void {
  const where = ["--port", String(redisPort), "--bind", "127.0.0.1"];
  const flags = [...where, "--save", "", "--appendonly", "no"];
  redis = spawn("redis-server", flags, { stdio: "ignore" });
}
async function killRedis(): Promise<void> {
  const ended = once(redis, "exit");
  redis.kill("SIGKILL");
  await ended;
}
async function start(): Promise<MapProcess> {
  return MapProcess.start(backend, { redisUrl, webSocketPort: await freePort() });
}
/** How many rooms it has now, as it told last. */
const roomsOf = ({ facts }: MapProcess): unknown =>
  facts.filter(({ fact }) => fact === "presence").at(-1)?.rooms ?? 0;
const join = (game: MapProcess | undefined, user: string): Promise<MapPlayer> =>
  MapPlayer.join(backend, game?.webSocketPort ?? 0, user, map);

describe("two processes of one game server, with Redis", { timeout: 60_000 }, () => {
  it("have one room for a map, whichever of them lets a player in", async () => {
    const [one, two] = games;
    const [ann, ben] = [await join(one, "ann"), await join(two, "ben")];
    await until(() => ann.sees("ben") !== undefined && ben.sees("ann") !== undefined);
    ben.room.send("say", "hello");
    await until(() => ann.said.length === 1);
    expect(games.map(roomsOf)).toEqual([1, 0]);
    ben.room.reconnection.minUptime = 0;
    ben.room.connection.close(4010);
    await until(() => ann.sees("ben")?.connected === false);
    await until(() => ann.sees("ben")?.connected === true);
    for (const { room } of [ann, ben]) await room.leave();
    await until(() => roomsOf(one as MapProcess) === 0);
    await untilNoRooms();
  });

  it("let a join token in once between them", async () => {
    const options = {
      token: await backend.token("ann", map),
      access: await backend.login.accessOf("ann"),
    };
    const [first, second] = games.map(
      ({ webSocketPort }) => new Client(`ws://127.0.0.1:${webSocketPort}`),
    );
    const room = await first?.joinOrCreate("map", { ...options });
    await expect(second?.joinOrCreate("map", { ...options })).rejects.toThrow("join refused: Used");
    await room?.leave();
  });

  it("forget the rooms of one that was killed: the next player makes the room anew, where it was", async () => {
    const [one, two] = games;
    const ann = await join(one, "ann");
    await ann.walk({ x: 1, y: 1 }, ({ x, y }) => x < 1.1 && y < 1.1);
    await until(() => (backend.service.keptPlace(map, "ann")?.x ?? 9) < 1.1);
    ann.room.reconnection.enabled = false;
    await one?.end("SIGKILL");
    let again: MapPlayer | undefined;
    while (!again) again = await join(two, "ann").catch(() => undefined);
    await until(() => (again.sees("ann")?.x ?? 9) < 1.2);
    expect(roomsOf(two as MapProcess)).toBe(1);
    await again.room.leave();
    await untilNoRooms();
  });

  it("play on while Redis is away, let nobody in meanwhile, and go on when it is back", async () => {
    const [one, two] = games;
    const ann = await join(one, "ann");
    backend.draw(`${map}-other`);
    await killRedis();
    await expect(join(two, "ben")).rejects.toThrow();
    // Who knocks again and again, at a room that is there or is to be made, ends no process.
    const knocks: Promise<unknown>[] = [];
    for (let n = 0; n < 20; n++) {
      const [game, where] = [games[n % 2], n % 3 === 0 ? `${map}-other` : map];
      const knock = MapPlayer.join(backend, game?.webSocketPort ?? 0, `p${n}`, where);
      knocks.push(knock.catch(() => undefined));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await Promise.all(knocks);
    expect(games.map(({ isAlive }) => isAlive)).toEqual([true, true]);
    expect(await ann.room.request("echo", "still there")).toBe("still there");
    startRedis();
    let ben: MapPlayer | undefined;
    while (!ben) ben = await join(one, "ben").catch(() => undefined);
    expect(games.map(({ isAlive }) => isAlive)).toEqual([true, true]);
    for (const { room } of [ann, ben]) await room.leave();
  });

  it("leave nothing in Redis when they are told to end", async () => {
    const [one, two] = games;
    const ann = await join(one, "ann");
    expect(await one?.end("SIGTERM")).toBe(0);
    expect(await two?.end("SIGTERM")).toBe(0);
    await until(() => ann.codes.length === 1);
    expect(await client.hlen("roomcaches")).toBe(0);
  });
});

async function untilNoRooms(): Promise<void> {
  for (let tries = 0; tries < 300 && (await client.hlen("roomcaches")) > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await client.hgetall("roomcaches")).toEqual({});
}
