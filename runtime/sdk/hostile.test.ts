import { connect } from "node:net";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DoorFixture } from "./door-fixture.ts";

let fixture: DoorFixture;
let port: number;

beforeEach(async () => {
  fixture = await DoorFixture.open({ connectionsPerSourceMax: 8, bodyBytesMax: 1024 });
  port = (await fixture.add("one")).grpc;
});
afterEach(() => fixture[Symbol.asyncDispose]());

/** One raw gRPC call; resolves with its status code. */
function call(method: string, request: Buffer): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise<number>((resolve) => {
    const done = (error: ServiceError | null): void => resolve(error?.code ?? 0);
    client.makeUnaryRequest(method, asIs, asIs, request, done);
  }).finally(() => client.close());
}

/** Sends bytes as they are; resolves when the door has closed the connection, or after a while. */
function sendRaw(bytes: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.resume();
    socket.end(bytes);
    setTimeout(() => socket.destroy(), 200).unref();
  });
}

const EMPTY = Buffer.alloc(0);
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

describe("the door under hostile input", () => {
  it("answers a call that it does not know, a message that is none and one that is too long with one error each", async () => {
    expect(await call("/agones.dev.sdk.SDK/Nothing", EMPTY)).toBe(12);
    expect(await call("/agones.dev.sdk.SDK/SetLabel", Buffer.from([0x0a, 0xff, 0xff]))).toBe(13);
    expect(await call("/agones.dev.sdk.SDK/SetLabel", Buffer.alloc(2000))).toBe(8);
    expect(fixture.link.calls).toEqual([]);
    expect(await call("/agones.dev.sdk.SDK/Ready", EMPTY)).toBe(0);
  });

  it("goes on after any bytes, before and after the preface of HTTP/2", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, isHttp2) => {
        await sendRaw(isHttp2 ? Buffer.concat([PREFACE, bytes]) : bytes);
      }),
      { numRuns: 40 },
    );
    expect(await call("/agones.dev.sdk.SDK/Ready", EMPTY)).toBe(0);
  }, 30_000);

  it("cuts connections of one source over the bound, and serves again when others have gone", async () => {
    const sockets = Array.from({ length: 12 }, () => connect(port, "127.0.0.1"));
    const cut = sockets.filter((socket) => {
      socket.on("error", () => undefined).resume();
      return socket;
    });
    let closed = 0;
    for (const socket of cut) socket.on("close", () => (closed += 1));
    for (let tries = 0; tries < 200 && closed < 4; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(closed).toBe(4);
    for (const socket of sockets) socket.destroy();
    // The door may hear of a new connection before it has heard that the others have gone.
    const ready = () => call("/agones.dev.sdk.SDK/Ready", EMPTY);
    await expect.poll(ready, { timeout: 10_000 }).toBe(0);
  });
});
