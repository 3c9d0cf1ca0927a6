import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { FleetError } from "../../core/std/errors.ts";
import { Mux, type MuxOptions } from "./mux.ts";
import { encodeFrame, FRAME, FrameReader } from "./mux-frame.ts";
import { type MuxStream, WINDOW_BYTES } from "./mux-stream.ts";

const OPTIONS: MuxOptions = { streamsMax: 8, pingEveryMs: 1000, silenceMaxMs: 60_000 };
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

/** Two ends of a real connection. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no address");
  const dialled = connect(address.port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  server.close();
  return [dialled, accepted];
}

async function tunnel(
  onOpen: MuxOptions["onOpen"],
  more: Partial<MuxOptions> = {},
): Promise<{ server: Mux; agent: Mux }> {
  const [dialled, accepted] = await pair();
  const agent = new Mux(dialled, "agent", { ...OPTIONS, ...more, ...(onOpen ? { onOpen } : {}) });
  const server = new Mux(accepted, "server", { ...OPTIONS, ...more });
  open.push(server, agent);
  return { server, agent };
}

const echo = (stream: MuxStream): void => {
  stream.accept();
  stream.pipe(stream);
};

describe("a tunnel", () => {
  it("carries bytes both ways and ends each way on its own", async () => {
    const { server } = await tunnel(echo);
    const stream = await server.open({ verb: "echo" });
    stream.end("hello");
    expect(await text(stream)).toBe("hello");
  });

  it("carries more than a window, unchanged, on several streams at once", async () => {
    const { server, agent } = await tunnel(echo);
    const sent = Array.from({ length: 4 }, () => randomBytes(WINDOW_BYTES * 3 + 17));
    const got = await Promise.all(
      sent.map(async (bytes) => {
        const stream = await server.open({});
        stream.end(bytes);
        return await buffer(stream);
      }),
    );
    const digest = (b: Buffer): string => createHash("sha256").update(b).digest("hex");
    expect(got.map(digest)).toEqual(sent.map(digest));
    await turn();
    expect([server.streams, agent.streams]).toEqual([0, 0]);
  });

  it("stops a sender whose reader does not read, and nobody else", async () => {
    const held: MuxStream[] = [];
    const { server } = await tunnel((stream, { slow }) => {
      if (!slow) return echo(stream);
      stream.accept();
      held.push(stream);
    });
    const slow = await server.open({ slow: true });
    let written = 0;
    const pump = (): void => {
      slow.write(Buffer.alloc(16 * 1024), (error) => {
        if (error) return;
        written += 16 * 1024;
        pump();
      });
    };
    pump();
    const other = await server.open({});
    other.end("still alive");
    expect(await text(other)).toBe("still alive");
    expect(written).toBeLessThanOrEqual(WINDOW_BYTES);
    expect(held[0]?.readableLength).toBeLessThanOrEqual(WINDOW_BYTES);
    slow.destroy();
  });

  it("gives the other side's refusal as it was meant", async () => {
    const { server } = await tunnel((stream) => {
      stream.refuse(new FleetError("NOT_FOUND", "container abc does not run here"));
    });
    await expect(server.open({})).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "container abc does not run here",
    });
  });

  it("refuses what nobody takes up, what throws, and too many streams", async () => {
    const without = await tunnel(undefined);
    await expect(without.server.open({})).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const throwing = await tunnel(() => {
      throw new Error("oops");
    });
    await expect(throwing.server.open({})).rejects.toMatchObject({ code: "INTERNAL" });
    const { server } = await tunnel((stream) => stream.accept(), { streamsMax: 2 });
    await server.open({});
    await server.open({});
    await expect(server.open({})).rejects.toMatchObject({ code: "EXHAUSTED" });
  });

  it("tells the other side when a reader goes away", async () => {
    const ended = Promise.withResolvers<string>();
    const { server } = await tunnel((stream) => {
      stream.accept();
      stream.on("error", (error) => ended.resolve((error as FleetError).code));
    });
    (await server.open({})).destroy();
    expect(await ended.promise).toBe("CANCELLED");
  });

  it("ends every stream and refuses new ones when the connection is cut", async () => {
    const { server, agent } = await tunnel((stream) => stream.accept());
    const stream = await server.open({});
    const failed = once(stream, "error");
    await agent[Symbol.asyncDispose]();
    expect((await failed)[0]).toMatchObject({ code: "UNAVAILABLE" });
    await server.closed;
    await expect(server.open({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("gives up an opening when its signal says so", async () => {
    const { server } = await tunnel(() => undefined);
    const stop = new AbortController();
    const opening = server.open({}, stop.signal);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("is cut when the peer says nothing any more", async () => {
    const [dialled, accepted] = await pair();
    const server = new Mux(accepted, "server", { streamsMax: 1, pingEveryMs: 5, silenceMaxMs: 30 });
    dialled.resume();
    await server.closed;
    dialled.destroy();
    expect(accepted.destroyed).toBe(true);
  });

  it("is not cut when it was this process that stood still, with what the peer said unread", async () => {
    const [dialled, accepted] = await pair();
    const bounds = { streamsMax: 1, pingEveryMs: 5, silenceMaxMs: 100 };
    open.push(new Mux(accepted, "server", bounds));
    dialled.resume();
    dialled.write(encodeFrame(0, FRAME.pong));
    const goesOnAt = performance.now() + 2 * bounds.silenceMaxMs;
    while (performance.now() < goesOnAt);
    // Two turns of the loop: its timers, what came meanwhile, and what was put off until after that.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(accepted.destroyed).toBe(false);
    dialled.destroy();
  });

  it("is cut by garbage, by an overrun window and by a borrowed stream number", async () => {
    const over = Array.from({ length: WINDOW_BYTES / 65536 + 1 }, () =>
      encodeFrame(1, FRAME.data, Buffer.alloc(65536)),
    );
    const opening = encodeFrame(1, FRAME.open, Buffer.from("{}"));
    const borrowed = encodeFrame(2, FRAME.open, Buffer.from("{}"));
    const cases: [string, Buffer, boolean][] = [
      ["garbage", Buffer.from("GET / HTTP/1.1\r\n\r\n"), true],
      ["a borrowed number", borrowed, true],
      ["an overrun window ends its stream only", Buffer.concat([opening, ...over]), false],
    ];
    for (const [what, bytes, cut] of cases) {
      const [dialled, accepted] = await pair();
      const mux = new Mux(accepted, "server", { ...OPTIONS, onOpen: (stream) => stream.accept() });
      open.push(mux);
      const answers: Buffer[] = [];
      dialled.on("data", (chunk: Buffer) => answers.push(chunk));
      dialled.write(bytes);
      if (cut) await mux.closed;
      else
        while (
          !Buffer.concat(answers).includes("TOO_LARGE") &&
          !Buffer.concat(answers).includes("more than it may")
        )
          await once(dialled, "data");
      expect(mux.streams, what).toBe(0);
      dialled.destroy();
    }
  });
});

describe("frames", () => {
  it("come out as they went in, however the bytes are cut", () => {
    const frames = fc.array(
      fc.record({
        stream: fc.nat(2 ** 32 - 1),
        kind: fc.integer({ min: 1, max: 8 }),
        body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      }),
    );
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 64 }), (sent, size) => {
        const bytes = Buffer.concat(sent.map((f) => encodeFrame(f.stream, f.kind, f.body)));
        const reader = new FrameReader();
        const got = [];
        for (let at = 0; at < bytes.length; at += size)
          got.push(...reader.read(bytes.subarray(at, at + size)));
        expect(got.map((f) => ({ ...f, body: Buffer.from(f.body) }))).toEqual(sent);
      }),
    );
  });
});
