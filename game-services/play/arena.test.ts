import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { ArenaServer } from "../game/arena/arena-server.ts";
import { encodeToServer } from "../game/wire.ts";
import { Player } from "./players.ts";
import { missingIn, namesFor, play } from "./script.ts";
import { tableOf } from "./table.ts";
import { byAddress } from "./ways.ts";

let arena: ArenaServer;
const counts: number[] = [];
const presences: string[] = [];
const address = () => {
  return { host: "127.0.0.1", webSocketPort: arena.webSocketPort, udpPort: arena.udpPort };
};
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isSo()).toBe(true);
}

// Colyseus keeps its matchmaker in a module: one server for all tests of this file, and the last test closes it.
beforeAll(async () => {
  arena = await ArenaServer.open({
    host: "127.0.0.1",
    webSocketPort: 0,
    udpPort: 0,
    tokensWanted: "optional",
    onPlayers: (players) => counts.push(players),
    onPresence: ({ rooms, players }) => presences.push(`${players.size} in ${rooms}`),
  });
});

describe("the arena", () => {
  it("shows two players how the other moves and what it says, over WebSocket and UDP", async () => {
    const entrances = byAddress(address(), namesFor(2));
    // More than it takes: this process may stand still for a while.
    const stats = await play({ entrances, seconds: 3 });
    expect(missingIn(stats)).toEqual([]);
    expect(stats.map(({ udpLost, drops }) => [udpLost, drops])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(tableOf(stats).split("\n")).toHaveLength(3);
    expect(counts).toEqual([1, 2, 1, 0]);
    await until(() => presences.at(-1) === "0 in 0");
    expect(presences).toEqual(["0 in 1", "1 in 1", "2 in 1", "1 in 1", "0 in 1", "0 in 0"]);
  });

  it("judges a leap by its rules, whichever way it is asked for", async () => {
    await using player = await Player.join(address(), "ann");
    await until(() => player.position !== undefined);
    const { x } = player.position ?? expect.fail("it has joined");
    player.move({ x: 100, y: 50 }, "udp");
    player.move({ x: 100, y: 50 }, "webSocket");
    await until(() => (player.position?.x ?? 0) > x);
    // Each time a quarter of a second's way at most, be it asked for one after the other.
    expect(player.position?.x).toBeLessThanOrEqual(x + 2 * 6.25);
  });

  it("stops a player who talks too much, and keeps the others' lines", async () => {
    await using loud = await Player.join(address(), "loud");
    await using calm = await Player.join(address(), "calm");
    const began = performance.now();
    for (let line = 0; line < 20; line++) loud.say(`line ${line}`);
    calm.say("hello");
    const heardOf = (who: string): number =>
      loud.stats().heard.filter(({ name }) => name === who).length;
    await until(() => heardOf("calm") === 1 && heardOf("loud") >= 5);
    // Five at once, and two more for each second that this took.
    expect(heardOf("loud")).toBeLessThanOrEqual(5 + (2 * (performance.now() - began)) / 1000);
  });

  it("counts and drops packets with a wrong token, and garbage, and answers nothing", async () => {
    const before = { ...arena.dropped };
    const socket = createSocket("udp4");
    let answers = 0;
    socket.on("message", () => {
      answers += 1;
    });
    const token = "ab".repeat(16);
    const packet = encodeToServer({ type: "echo", token, sequence: 1, payload: Buffer.from("x") });
    const send = (bytes: Buffer): void => socket.send(bytes, arena.udpPort, "127.0.0.1");
    // Again and again: a datagram may be lost.
    await until(() => {
      send(packet);
      send(Buffer.from("garbage"));
      const { malformed, unknownToken } = arena.dropped;
      return malformed > before.malformed && unknownToken > before.unknownToken;
    });
    expect(answers).toBe(0);
    socket.close();
  });

  it("drops what a player sends faster than allowed", async () => {
    await using player = await Player.join(address(), "fast");
    const before = arena.dropped.tooMany;
    const began = performance.now();
    for (let i = 0; i < 300; i++) player.echoUdp();
    await until(() => arena.dropped.tooMany > before);
    const seconds = (performance.now() - began) / 1000;
    expect(player.stats().udpRtts.count).toBeLessThanOrEqual(120 + 120 * seconds);
  });

  it("lets a player say why it cannot join", async () => {
    await expect(
      Player.join({ host: "127.0.0.1", webSocketPort: 1, udpPort: 1 }, "ann"),
    ).rejects.toThrow("ann cannot join at 127.0.0.1:1");
  });

  it("keeps the seat of a player whose WebSocket broke, until it is back", async () => {
    const sockets = new Set<Socket>();
    const between = createServer((near) => {
      const far = connect(arena.webSocketPort, "127.0.0.1");
      for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
      near.pipe(far).pipe(near);
    }).listen(0, "127.0.0.1");
    await once(between, "listening");
    const { port } = between.address() as AddressInfo;
    const player = await Player.join({ ...address(), webSocketPort: port }, "ann");
    for (const socket of sockets) socket.destroy();
    await until(() => player.stats().returns === 1);
    await player.echo();
    await until(() => player.stats().udpRtts.count === 1);
    expect(arena.players).toBe(1);
    expect(player.stats()).toMatchObject({ webSocketLost: 0, udpLost: 0, drops: 1 });
    await player.leave();
    for (const socket of sockets) socket.destroy();
    between.close();
  });

  it("tells its players when it ends, and waits until its rooms are disposed", async () => {
    const player = await Player.join(address(), "last");
    await arena[Symbol.asyncDispose]();
    await until(() => player.stats().ending !== undefined);
    expect(player.stats().ending).toBe("the game server stops");
    expect(arena.players).toBe(0);
    await player.leave();
  });
});
