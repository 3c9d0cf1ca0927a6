import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { FramedSocket } from "./framed-socket.ts";

let server: WebSocketServer;
let client: WebSocket;
let peer: FramedSocket;
const heard: Buffer[] = [];

async function open(perMessageDeflate = false): Promise<void> {
  const where = { host: "127.0.0.1", port: 0, WebSocket: FramedSocket };
  server = new WebSocketServer({ ...where, perMessageDeflate });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connected = once(server, "connection");
  client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate });
  heard.length = 0;
  client.on("message", (bytes: Buffer) => heard.push(bytes));
  [peer] = (await connected) as [FramedSocket];
  await once(client, "open");
}
async function hears(count: number): Promise<void> {
  while (heard.length < count) await once(client, "message");
}
const bytesOf = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => (i * 7) % 251);

afterEach(() => {
  client.terminate();
  server.close();
});

it.each([0, 1, 125, 126, 65_535, 65_536, 300_000])(
  "carries a message of %i bytes",
  async (size) => {
    await open();
    peer.send(bytesOf(size), { binary: true });
    await hears(1);
    expect(Buffer.compare(heard[0] as Buffer, bytesOf(size))).toBe(0);
  },
);

it("carries text and compressed messages as ws does, in the order in which they were sent", async () => {
  await open(true);
  expect(peer.extensions).not.toBe("");
  peer.send(bytesOf(5_000));
  peer.send("said");
  peer.send(bytesOf(3));
  await hears(3);
  expect(heard.map(({ length }) => length)).toEqual([5_000, 4, 3]);
});

it("sends what the bytes were, also when they are used again while the kernel takes no more", async () => {
  await open();
  client.pause();
  const bytes = new Uint8Array(65_536);
  const count = 200;
  for (let i = 0; i < count; i++) {
    bytes.fill(i);
    peer.send(bytes);
    // Another turn, as the next tick of a room is.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(peer.bufferedAmount).toBeGreaterThan(bytes.length);
  client.resume();
  await hears(count);
  const wrong = heard.filter((one, i) => one.some((byte) => byte !== i));
  expect(wrong).toEqual([]);
});

it("tells who asks that a message was sent, or that the connection is over", async () => {
  await open();
  const sent = (): Promise<Error | undefined> =>
    new Promise((resolve) =>
      peer.send(bytesOf(9), {}, (error?: Error | null) => resolve(error ?? undefined)),
    );
  expect(await sent()).toBeUndefined();
  client.terminate();
  await once(peer, "close");
  expect(await sent()).toBeInstanceOf(Error);
});

it("hands over all messages of one turn at once, and those of the next after them", async () => {
  await open();
  const { _socket: socket } = peer as unknown as { readonly _socket: Socket };
  const handle = (socket as unknown as { readonly _handle: Record<string, unknown> })._handle;
  const writes: string[] = [];
  for (const name of ["writev", "writeBuffer"]) {
    const write = (handle[name] as (...all: unknown[]) => unknown).bind(handle);
    handle[name] = (...all: unknown[]) => {
      writes.push(name);
      return write(...all);
    };
  }
  for (const length of [10, 20, 30]) peer.send(bytesOf(length));
  expect(writes).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  peer.send(bytesOf(40));
  await hears(4);
  expect(writes).toEqual(["writev", "writeBuffer"]);
  expect(heard.map(({ length }) => length)).toEqual([10, 20, 30, 40]);
});

it("says goodbye after what was sent in the same turn", async () => {
  await open();
  const closed = once(client, "close");
  peer.send(bytesOf(10));
  peer.close(4001, "over");
  const [code, reason] = await closed;
  expect([heard.length, code, String(reason)]).toEqual([1, 4001, "over"]);
});
