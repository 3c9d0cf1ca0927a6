import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { initializeRoomCache } from "@colyseus/core";
import { Client } from "@colyseus/sdk";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../../core/std/free-port.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import { MapProcess } from "./map-process.fixture.ts";
import { OutlivingDriver } from "./outliving-driver.ts";

let backend: Backend;
let redis: ChildProcess;
let redisPort: number;
let redisUrl: string;
let client: Redis;
let games: MapProcess[] = [];
let maps = 0;
let map = "";
/** Processes that start, and that wait for each other over Redis, take long on a busy machine. */
const PATIENCE = { timeout: 120_000 };
const HOOK_MS = 60_000;

beforeAll(async () => {
  backend = await Backend.open();
  redisPort = await freePort();
  redisUrl = `redis://127.0.0.1:${redisPort}/0`;
  startRedis();
  client = new Redis(redisUrl);
  client.on("error", () => undefined);
  await client.ping();
}, HOOK_MS);
afterAll(async () => {
  client.disconnect();
  await killRedis();
  await backend[Symbol.asyncDispose]();
}, HOOK_MS);
beforeEach(async () => {
  maps += 1;
  map = `shared${maps}`;
  backend.draw(map);
  // What those of the test before, which were killed, have left there.
  await client.flushall();
  games = [await start(), await start()];
}, HOOK_MS);
afterEach(async () => {
  for (const game of games) await game[Symbol.asyncDispose]();
}, HOOK_MS);

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

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
/** Comes again until it is let in. */
async function joinAtLast(game: MapProcess | undefined, user: string): Promise<MapPlayer> {
  for (;;) {
    const player = await join(game, user).catch(() => undefined);
    if (player) return player;
    await pause();
  }
}

describe("two processes of one game server, with Redis", PATIENCE, () => {
  it("have one room for a map, whichever of them lets a player in", async () => {
    const [one, two] = games;
    const [ann, ben] = [await join(one, "ann"), await join(two, "ben")];
    await until(() => ann.sees("ben") !== undefined && ben.sees("ann") !== undefined);
    ben.room.send("say", "hello");
    await until(() => ann.said.length === 1);
    await until(() => games.map(roomsOf).join() === "1,0");
    await ben.breakOff(() => ann.sees("ben")?.connected === false);
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
    const again = await joinAtLast(two, "ann");
    await until(() => (again.sees("ann")?.x ?? 9) < 1.2);
    await until(() => roomsOf(two as MapProcess) === 1);
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
    const ben = await joinAtLast(one, "ben");
    expect(games.map(({ isAlive }) => isAlive)).toEqual([true, true]);
    for (const { room } of [ann, ben]) await room.leave();
  });

  it("let go at once who leaves while Redis is away, and bring together who stayed and who comes after it", async () => {
    const [one, two] = games;
    const [ann, ben] = [await join(one, "ann"), await join(one, "ben")];
    await killRedis();
    await ben.room.leave();
    await until(() => ann.sees("ben") === undefined);
    startRedis();
    // It has forgotten the room, which goes on.
    const cho = await joinAtLast(one, "cho");
    await until(() => ann.sees("cho") !== undefined && cho.sees("ann") !== undefined);
    while ((await client.hlen("roomcaches")) === 0) await pause();
    const dan = await joinAtLast(two, "dan");
    await until(() => ann.sees("dan") !== undefined && dan.sees("cho") !== undefined);
    await until(() => games.map(roomsOf).join() === "1,0");
    for (const { room } of [ann, cho, dan]) await room.leave();
    await untilNoRooms();
  });

  it("start before their Redis, too", async () => {
    await killRedis();
    const starting = start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    startRedis();
    const third = await starting;
    games.push(third);
    const ann = await joinAtLast(third, "ann");
    await ann.room.leave();
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

describe("the rooms of a process", PATIENCE, () => {
  it("are found while Redis is away, told when it is back, and no question that failed stays unanswered", async () => {
    await killRedis();
    const away = new Redis(redisUrl, { maxRetriesPerRequest: 0 });
    away.on("error", () => undefined);
    const driver = new OutlivingDriver(away);
    const open = { locked: false, name: "map" };
    try {
      await expect(driver.findOne(open)).rejects.toThrow();
      await expect(driver.query({ name: "map" })).rejects.toThrow();
      const room = initializeRoomCache({ name: "map", roomId: "r1", processId: "p1" });
      await driver.persist(room, true);
      await driver.update(room, { $inc: { clients: 1 } });
      expect((await driver.findOne(open)).roomId).toBe("r1");
      expect(await driver.findOne({ roomId: "r1" })).toMatchObject({ clients: 1 });
      startRedis();
      while ((await client.hlen("roomcaches")) === 0) await pause();
      expect(JSON.parse((await client.hget("roomcaches", "r1")) ?? "")).toMatchObject({
        clients: 1,
      });
      expect(await driver.query({ name: "map" })).toHaveLength(1);
      expect(await driver.query({ name: "other" })).toEqual([]);
      await driver.remove("r1");
      expect(await driver.query({ name: "map" })).toEqual([]);
      expect(await driver.findOne(open)).toBeUndefined();
    } finally {
      away.disconnect();
    }
  });
});

async function untilNoRooms(): Promise<void> {
  for (let tries = 0; tries < 1_000 && (await client.hlen("roomcaches")) > 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await client.hgetall("roomcaches")).toEqual({});
}
