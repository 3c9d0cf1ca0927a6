import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { ShimClient } from "../shim/client.ts";
import { encodeMessage, FrameReader, type Message } from "../shim/message.ts";
import { OP } from "../shim/protocol.ts";
import { ShimLine } from "./shim-line.ts";

let folder: string;
let server: Server | undefined;
let connections = 0;
const open = new Set<Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-line-"));
  connections = 0;
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  await rm(folder, { recursive: true });
});

/** A peer in the shim's place that behaves as no shim should; the path of its socket. */
async function peer(answer: (socket: Socket, message: Message) => void): Promise<string> {
  const path = join(folder, "shim.sock");
  server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    const reader = new FrameReader();
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      for (const message of reader.push(chunk)) if (!socket.destroyed) answer(socket, message);
    });
  });
  server.listen(path);
  await once(server, "listening");
  return path;
}
const accept = (socket: Socket, { id }: Message): void =>
  void socket.write(encodeMessage(OP.OK, id, []));

function lineTo(socket: string, triesMax = 4, patienceMs = 15_000): ShimLine {
  const ensureShim = (): void => undefined;
  const rest = { clock: systemClock, logger: silentLogger, patienceMs, pauseMs: 1 };
  return new ShimLine({ socket, ensureShim, triesMax, ...rest });
}

/** A client that waits so long for each answer; one whose greeting was late on a busy machine is not it. */
async function greeted(socket: string, answerMsMax: number): Promise<ShimClient> {
  for (;;) {
    try {
      return await ShimClient.connect(socket, answerMsMax);
    } catch (error) {
      if (!isFleetError(error, "TIMEOUT")) throw error;
    }
  }
}

describe("a line to the shim", () => {
  it("says a verb to the next shim when one dies under it, and gives up after triesMax", async () => {
    let said = 0;
    const path = await peer((socket, message) => {
      if (message.op === OP.HELLO) return accept(socket, message);
      said += 1;
      socket.destroy();
    });
    await using line = lineTo(path);
    await expect(line.net(OP.NET_STATE, [])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(said).toBe(4);
  });

  it("has one connection, however many ask while there is none", async () => {
    let deaths = 0;
    const path = await peer((socket, message) => {
      if (message.op === OP.HELLO || deaths >= 3) return accept(socket, message);
      deaths += 1;
      socket.destroy();
    });
    await using line = lineTo(path, 10);
    await Promise.all(Array.from({ length: 20 }, () => line.net(OP.NET_STATE, [])));
    expect(deaths).toBe(3);
    expect(open.size).toBe(1);
    expect(connections).toBe(4);
  });

  it("greets again when the shim dies while it is greeted, and leaves no connection behind", async () => {
    const path = await peer(accept);
    await using line = lineTo(path);
    let greetings = 0;
    line.onConnected(async (client) => {
      greetings += 1;
      if (greetings === 1) for (const socket of open) socket.destroy();
      await client.net(OP.NET_STATE, []);
    });
    await line.net(OP.NET_STATE, []);
    expect({ greetings, connections, open: open.size }).toEqual({
      greetings: 2,
      connections: 2,
      open: 1,
    });
  });

  it("says UNAVAILABLE when no shim comes, and CANCELLED after its end", async () => {
    const line = lineTo(join(folder, "none.sock"), 4, 200);
    await expect(line.net(OP.NET_STATE, [])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await line[Symbol.asyncDispose]();
    await expect(line.net(OP.NET_STATE, [])).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a shim that never answers", () => {
  it("ends a greeting with TIMEOUT", async () => {
    const silent = await peer(() => undefined);
    await expect(ShimClient.connect(silent, 40)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("ends all verbs that wait when the oldest has waited for too long, and the connection", async () => {
    const path = await peer((socket, message) => {
      if (message.op === OP.HELLO) accept(socket, message);
    });
    await using client = await greeted(path, 40);
    let ends = 0;
    client.onEnd(() => void ends++);
    const verbs = [client.kill("a"), client.kill("b"), client.net(OP.NET_STATE, [])];
    const results = await Promise.allSettled(verbs);
    expect(results).toMatchObject(verbs.map(() => ({ reason: { code: "TIMEOUT" } })));
    client.onEnd(() => void ends++);
    expect(ends).toBe(2);
    await expect(client.kill("c")).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});
