import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { FrameReader, maskedFrame, OPCODES } from "./frames.ts";
import { LightSocket } from "./light-socket.ts";

let server: WebSocketServer | undefined;
let bare: Server | undefined;
afterEach(() => {
  for (const client of server?.clients ?? []) client.terminate();
  server?.close();
  bare?.close();
});

const bytesOf = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => i % 251));
const portOf = (one: { address(): unknown }): number => (one.address() as AddressInfo).port;

async function pair(): Promise<{ light: LightSocket; peer: WebSocket; heard: Buffer[] }> {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const connected = once(server, "connection");
  const light = new LightSocket(`ws://127.0.0.1:${portOf(server)}/p/r?sessionId=x`);
  const heard: Buffer[] = [];
  light.on("message", (bytes) => heard.push(Buffer.from(bytes)));
  const [peer, request] = await connected;
  expect(request.url).toBe("/p/r?sessionId=x");
  if (!light.isOpen) await once(light, "open");
  return { light, peer, heard };
}

describe("a light socket, with ws as its server", () => {
  it("hears messages of every size, in their order, also many at once", async () => {
    const { light, peer, heard } = await pair();
    const sizes = [0, 1, 125, 126, 5_000, 65_535, 65_536, 300_000, 3];
    for (const size of sizes) peer.send(bytesOf(size));
    while (heard.length < sizes.length) await once(light, "message");
    expect(heard.map(({ length }) => length)).toEqual(sizes);
    expect(heard.every((one) => one.equals(bytesOf(one.length)))).toBe(true);
  });

  it.each([0, 1, 125, 126, 4_096])("says messages of %i bytes", async (size) => {
    const { light, peer } = await pair();
    const told = once(peer, "message");
    light.send(bytesOf(size));
    const [bytes] = (await told) as [Buffer];
    expect(bytes.equals(bytesOf(size))).toBe(true);
  });

  it("answers pings", async () => {
    const { peer } = await pair();
    const answered = once(peer, "pong");
    peer.ping("are you there");
    expect(String((await answered)[0])).toBe("are you there");
  });

  it("tells with which code the server closed, and closes with one of its own", async () => {
    const first = await pair();
    const closed = [once(first.light, "close"), once(first.peer, "close")];
    first.peer.close(4101, "elsewhere");
    expect((await Promise.all(closed)).map(([code]) => code)).toEqual([4101, 4101]);
    server?.close();
    const second = await pair();
    const left = [once(second.light, "close"), once(second.peer, "close")];
    second.light.close(4000);
    expect((await Promise.all(left)).map(([code]) => code)).toEqual([4000, 4000]);
  });

  it("tells when the connection breaks, and when there is no server", async () => {
    const { light, peer } = await pair();
    peer.terminate();
    expect(await once(light, "close")).toEqual([1006]);
    expect(light.isOpen).toBe(false);
    const nobody = new LightSocket("ws://127.0.0.1:1/");
    expect(await once(nobody, "close")).toEqual([1006]);
  });
});

it.each([
  ["refuses", "HTTP/1.1 403 Forbidden\r\n\r\n"],
  ["accepts another key", "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: x\r\n\r\n"],
])("comes to nothing with a server that %s", async (_, answer) => {
  bare = createServer((socket) => socket.end(answer)).listen(0, "127.0.0.1");
  await once(bare, "listening");
  const light = new LightSocket(`ws://127.0.0.1:${portOf(bare)}/`);
  let isOpen = false;
  light.once("open", () => {
    isOpen = true;
  });
  expect(await once(light, "close")).toEqual([1006]);
  expect(isOpen).toBe(false);
});

describe("frames", () => {
  const frame = Buffer.concat([
    Buffer.from([0x82, 126, 1, 44]),
    bytesOf(300),
    Buffer.from([0x89, 0]),
  ]);

  it("are told whole, wherever they were cut", () => {
    for (let cut = 0; cut <= frame.length; cut++) {
      const reader = new FrameReader();
      const seen: string[] = [];
      const see = (opcode: number, payload: Buffer): number =>
        seen.push(`${opcode} ${payload.length}`);
      const parts = [frame.subarray(0, cut), frame.subarray(cut)];
      expect(parts.map((part) => reader.read(part, see))).toEqual([true, true]);
      expect(seen).toEqual(["2 300", "9 0"]);
    }
  });

  it.each([
    ["text", [0x81, 1, 65]],
    ["a fragment", [0x02, 1, 65]],
    ["an extension", [0xc2, 1, 65]],
    ["a mask", [0x82, 0x81, 1, 2, 3, 4, 65]],
    ["too long a frame", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]],
  ])("are refused: %s", (_, bytes) => {
    expect(new FrameReader().read(Buffer.from(bytes), () => undefined)).toBe(false);
  });

  it("of a client are masked", () => {
    const made = maskedFrame(OPCODES.binary, Buffer.from("hello"));
    expect([made[0], made[1], made.length]).toEqual([0x82, 0x85, 11]);
    const open = made.subarray(6).map((byte, i) => byte ^ (made[2 + (i % 4)] as number));
    expect(Buffer.from(open).toString()).toBe("hello");
  });
});
