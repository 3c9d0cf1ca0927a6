import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { decodeToClient, encodeToServer } from "../wire.ts";
import { Backend } from "./backend.fixture.ts";
import { MapPlayer, until } from "./map-player.fixture.ts";
import { MapProcess } from "./map-process.fixture.ts";

/** Another process has to do most of this, and may have to wait for a processor. */
const PATIENCE_MS = 60_000;
let backend: Backend;
let game: MapProcess;
let calm: MapPlayer;
beforeAll(async () => {
  backend = await Backend.open();
  game = await MapProcess.start(backend);
  backend.draw("quiet");
  backend.draw("loud");
  calm = await MapPlayer.join(backend, game.webSocketPort, "ann", "quiet");
}, PATIENCE_MS);
afterAll(async () => {
  await calm.room.leave();
  expect(await game.end("SIGTERM")).toBe(0);
  await backend[Symbol.asyncDispose]();
}, PATIENCE_MS);
afterEach(async () => {
  // Whatever was done to it: it lives, and somebody in another room notices nothing.
  expect(game.isAlive).toBe(true);
  expect(calm.codes).toEqual([]);
  expect(await calm.room.request("echo", "still there")).toBe("still there");
  expect(await numbers("flotilla_game_failures_total")).toBe(0);
});

async function numbers(name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${game.metricsPort}/metrics`);
  const found = new RegExp(`^${name.replace(/[{}"]/g, "\\$&")} (.*)$`, "m").exec(
    await answer.text(),
  );
  return Number(found?.[1] ?? Number.NaN);
}
async function reserve(user: string, room = "room-loud"): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${game.webSocketPort}/matchmake/joinOrCreate/map`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: await backend.token(user, "loud", { room }),
      access: await backend.login.accessOf(user),
    }),
  });
  const { processId, roomId, sessionId } = (await answer.json()) as Record<string, string>;
  return `ws://127.0.0.1:${game.webSocketPort}/${processId}/${roomId}?sessionId=${sessionId}`;
}
/** A player's connection without Colyseus' client: it sends what it likes. */
async function raw(user: string): Promise<WebSocket> {
  const socket = new WebSocket(await reserve(user));
  socket.on("error", () => undefined);
  await once(socket, "message");
  // The first byte of Colyseus' protocol for: I am in.
  socket.send(Buffer.from([10]));
  return socket;
}
async function closed(socket: WebSocket): Promise<number> {
  if (socket.readyState === WebSocket.CLOSED) return 0;
  const [code] = (await once(socket, "close")) as [number];
  return code;
}
const objectOf = (object_id: string) => {
  return { object_id, asset_id: "a".repeat(60), x: 1, y: 1, rotation: 0, layer: 0, solid: false };
};
const MSG = 13;
const REQUEST = 21;
/** A frame with one of the protocol's first bytes, and anything after it. */
const anyFrame = fc
  .tuple(
    fc.oneof(fc.constantFrom(10, 12, MSG, 14, 15, 16, 17, 18, 19, 20, REQUEST), fc.nat(255)),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map(([code, bytes]) => Buffer.concat([Buffer.from([code]), bytes]));

describe("a request for a seat", () => {
  const path = "/matchmake/joinOrCreate/map";
  it("is refused before its body is read when that is too long, or does not say how long it is", async () => {
    for (const [header, status] of [
      ["content-length: 200000000", 413],
      ["transfer-encoding: chunked", 411],
    ] as const) {
      const socket = connect(game.webSocketPort, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`);
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString()).toContain(`HTTP/1.1 ${status} `);
      await once(socket, "close");
    }
  });
});

describe("a WebSocket of somebody who was let in", { timeout: PATIENCE_MS }, () => {
  it("may send any bytes: at worst it is closed", async () => {
    const frames = fc.sample(anyFrame, { numRuns: 600, seed: 7 });
    let socket = await raw("ben");
    for (const [i, frame] of frames.entries()) {
      if (socket.readyState !== WebSocket.OPEN) socket = await raw("ben");
      socket.send(frame);
      // Fewer than lead to being thrown out.
      if (i % 40 === 39) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    socket.terminate();
  });

  it("may send values of any type to every message", async () => {
    const ben = await MapPlayer.join(backend, game.webSocketPort, "ben", "loud");
    const values = fc.sample(fc.jsonValue({ maxDepth: 3 }), { numRuns: 12, seed: 7 });
    values.push(null, [], {}, "", -1, { x: null, y: {} }, { x: "1", y: 2 }, "__proto__", {
      object_id: {},
    });
    let sent = 0;
    for (const what of ["move", "say", "whisper", "place", "remove", "access", "nothing"])
      for (const value of values) {
        ben.room.send(what, value);
        sent += 1;
        if (sent % 15 > 0) continue;
        // A game that stood still must not get more of them at once than lead to being thrown out.
        await ben.room.request("echo", sent);
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
    await until(() => ben.refused.length > 30);
    expect(ben.codes).toEqual([]);
    expect(backend.service.maps.get("loud")?.objects).toEqual([]);
    await ben.room.leave();
  });

  it("is closed for a frame that is too large, and for too many", async () => {
    const large = await raw("ben");
    large.send(Buffer.alloc(100_000));
    expect(await closed(large)).toBe(1009);
    const many = await raw("cid");
    for (let i = 0; i < 2000; i++) many.send(Buffer.from([MSG, 0xa4, 0x6d, 0x6f, 0x76, 0x65]));
    expect(await closed(many)).toBe(4002);
  });

  it("that is never said to be in is in until it is closed, and no longer", async () => {
    const ben = await MapPlayer.join(backend, game.webSocketPort, "ben", "loud");
    const socket = new WebSocket(await reserve("dan"));
    await until(() => ben.sees("dan") !== undefined);
    socket.terminate();
    await until(() => ben.sees("dan") === undefined);
    await ben.room.leave();
  });

  it("is cut when it reads nothing, also when it says that it lives: what waits for it is bounded", async () => {
    const ben = await MapPlayer.join(backend, game.webSocketPort, "ben", "loud");
    const deaf = await raw("eve");
    await until(() => ben.sees("eve")?.connected === true);
    deaf.pause();
    const living = setInterval(() => deaf.pong(), 500);
    const crowd = (round: number) =>
      Array.from({ length: 6000 }, (_, i) => objectOf(`${round}-${i}`));
    for (let round = 0; ben.sees("eve")?.connected === true; round++) {
      expect(round).toBeLessThan(20);
      backend.service.change("loud", { objects: crowd(round) });
      const { version } = backend.service.maps.get("loud") ?? { version: 0 };
      await until(() => ben.room.state.version === version);
    }
    clearInterval(living);
    deaf.terminate();
    backend.service.change("loud", { objects: [] });
    await ben.room.leave();
  }, 120_000);
});

describe("strangers", () => {
  it("get nothing by any request or upgrade", async () => {
    const url = `http://127.0.0.1:${game.webSocketPort}`;
    const asked: [string, string, string | undefined][] = [
      ["POST", "/matchmake/joinOrCreate/map", "{"],
      ["POST", "/matchmake/joinOrCreate/map", "[]"],
      ["POST", "/matchmake/joinOrCreate/map", "null"],
      ["POST", "/matchmake/joinOrCreate/map", '{"__proto__":{"token":"x"},"constructor":1}'],
      ["POST", "/matchmake/joinOrCreate/__proto__", "{}"],
      ["POST", "/matchmake/constructor/map", "{}"],
      ["POST", "/matchmake/create/map", "{}"],
      ["POST", "/matchmake/joinById/room-quiet", "{}"],
      ["POST", "/matchmake/reconnect/room-quiet", '{"reconnectionToken":{"a":1}}'],
      ["POST", "/matchmake/joinOrCreate/map", `{"token":"${"x".repeat(900_000)}"}`],
      ["POST", "/matchmake/joinOrCreate/map", "x".repeat(3_000_000)],
      ["DELETE", "/%ff%00", undefined],
    ];
    for (const [method, path, body] of asked) {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      }).catch(() => undefined);
      expect([path, answer?.ok ?? false]).toEqual([path, false]);
    }
    for (const path of [
      "/",
      "/x/room-quiet?sessionId=x",
      "/x/room-quiet?sessionId=%ff&reconnectionToken=x",
    ]) {
      const socket = new WebSocket(`ws://127.0.0.1:${game.webSocketPort}${path}`);
      socket.on("error", () => undefined);
      await once(socket, "close");
    }
    const players = [...calm.room.state.players.values()].map(({ user }) => user);
    expect(players).toEqual(["ann"]);
  });
});

describe("UDP", { timeout: PATIENCE_MS }, () => {
  // All stay open: the game still tells the one before, whose port must not become that of the next.
  const sockets: Socket[] = [];
  let socket: Socket;
  afterAll(() => {
    for (const one of sockets) one.close();
  });
  async function udp(): Promise<{ token: string; number: number; heard: Buffer[] }> {
    socket = createSocket("udp4");
    sockets.push(socket);
    const heard: Buffer[] = [];
    socket.on("message", (bytes) => heard.push(bytes));
    const { token, number } = await calm.room.request<{ token: string; number: number }>("udp");
    return { token, number, heard };
  }
  const send = (bytes: Uint8Array): void => socket.send(bytes, game.udpPort, "127.0.0.1");
  const dropped = (because: string): Promise<number> =>
    numbers(`flotilla_game_udp_dropped{because="${because}"}`);
  /** Sends again and again: a datagram may be lost. */
  async function untilDropped(because: string, from: number, say: () => void): Promise<void> {
    for (let tries = 0; tries < 500; tries++) {
      if (tries % 10 === 0) say();
      if ((await dropped(because)) > from) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await dropped(because)).toBeGreaterThan(from);
  }

  it("moves by the same rules, and tells where everybody is", async () => {
    const { token, number, heard } = await udp();
    let sequence = 0;
    await until(() => {
      sequence += 1;
      if (sequence % 4 === 0) send(encodeToServer({ type: "move", token, sequence, x: 1, y: 1 }));
      const last = heard.at(-1) && decodeToClient(heard.at(-1) as Buffer);
      const me = last?.type === "positions" && last.positions.find((one) => one.player === number);
      return me !== undefined && me !== false && me.x < 1.1 && me.y < 1.1;
    });
    await until(() => (calm.sees("ann")?.x ?? 9) < 1.1);
  });

  it("drops what is short, long or garbage, with a wrong token, replayed, or too much, and answers none of it", async () => {
    const { token, heard } = await udp();
    const [malformed, unknownToken, late, tooMany] = await Promise.all(
      ["malformed", "unknownToken", "late", "tooMany"].map(dropped),
    );
    const good = encodeToServer({ type: "move", token, sequence: 5000, x: 1, y: 1 });
    const garbage = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 200, seed: 7 });
    await untilDropped("malformed", (malformed ?? 0) + 100, () => {
      send(good.subarray(0, 10));
      send(Buffer.concat([good, Buffer.alloc(1)]));
      send(Buffer.alloc(1400, 0xff));
      for (const bytes of garbage) send(bytes);
    });
    const wrong = encodeToServer({ type: "move", token: "ab".repeat(16), sequence: 1, x: 1, y: 1 });
    await untilDropped("unknownToken", unknownToken ?? 0, () => send(wrong));
    expect(heard).toEqual([]);
    await untilDropped("late", late ?? 0, () => {
      send(good);
      send(good);
    });
    await untilDropped("tooMany", tooMany ?? 0, () => {
      for (let sequence = 6000; sequence < 6400; sequence++)
        send(encodeToServer({ type: "move", token, sequence, x: 1, y: 1 }));
    });
  });

  it("from another address takes over only with the token, and an old packet takes over nothing", async () => {
    const { token, heard } = await udp();
    let sequence = 7000;
    const move = (): Buffer => encodeToServer({ type: "move", token, sequence, x: 1, y: 1 });
    // One packet, or some, may be too many after the test before.
    const sendUntil = (isSo: () => boolean): Promise<void> =>
      until(() => {
        sequence += 1;
        if (sequence % 20 === 1) send(move());
        return isSo();
      });
    const old = move();
    await sendUntil(() => heard.length > 0);
    const thief = createSocket("udp4");
    const stolen: Buffer[] = [];
    thief.on("message", (bytes) => stolen.push(bytes));
    const late = await dropped("late");
    await untilDropped("late", late, () => thief.send(old, game.udpPort, "127.0.0.1"));
    const before = heard.length;
    await sendUntil(() => heard.length > before + 3);
    // Positions were owed when the old packet came: had it taken over, they would have gone there.
    expect(stolen).toEqual([]);
    thief.close();
  });
});
