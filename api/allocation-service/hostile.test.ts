import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientPair, revokeClientPair } from "../../access/client-certificates.ts";
import { openService, type ServiceHarness } from "./service.fixture.ts";

const CALL = {
  ":method": "POST",
  ":path": "/allocation.AllocationService/Allocate",
  "content-type": "application/grpc",
};
const REST = { ":method": "POST", ":path": "/gameserverallocation" };
let service: ServiceHarness;
afterEach(() => service[Symbol.asyncDispose]());

function openSession(pair: Partial<ClientPair> = {}, settings = {}): ClientHttp2Session {
  const { port, ca } = service;
  const options = { host: "127.0.0.1", servername: "localhost", ca, ...pair, settings };
  const session = connect(`https://localhost:${port}`, options);
  session.on("error", () => undefined);
  return session;
}
function begin(session: ClientHttp2Session, headers: Record<string, string>): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: false });
  stream.on("error", () => undefined);
  return stream;
}
async function openTls(pair: ClientPair): Promise<TLSSocket> {
  const { port, ca } = service;
  const socket = connectTls({ host: "127.0.0.1", servername: "localhost", port, ca, ...pair });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

describe("the allocation service among strangers", () => {
  it("goes on after a CONNECT, which has no path", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await service.keeper?.look();
    const session = openSession(pair);
    const stream = begin(session, { ":method": "CONNECT", ":authority": "127.0.0.1:22" });
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).not.toBe(0);
    const next = begin(session, REST);
    next.end("{}");
    const [headers] = await once(next, "response");
    expect(headers[":status"]).toBe(200);
    session.destroy();
  });

  it("refuses who may not ask before the message is there", async () => {
    service = await openService({ auth: "token" });
    const session = openSession();
    const stream = begin(session, CALL);
    stream.write(Buffer.alloc(1_000));
    const [headers] = await once(stream, "response");
    expect(headers["grpc-status"]).toBe("16");
    session.destroy();
  });

  it("takes no more for a question about health than that needs", async () => {
    service = await openService({ auth: "token" });
    const session = openSession();
    const stream = begin(session, { ...CALL, ":path": "/grpc.health.v1.Health/Check" });
    stream.write(Buffer.alloc(2_000));
    const [headers] = await once(stream, "response");
    expect(headers["grpc-status"]).toBe("8");
    session.destroy();
  });

  it("tells who may not ask why, and looks at nothing that they send over HTTP/2", async () => {
    service = await openService({ auth: "mtls" });
    const session = openSession();
    let why = "";
    session.on("goaway", (_code, _last, data: Buffer) => {
      why = data.toString();
    });
    const stream = begin(session, REST);
    let answered = false;
    stream.on("response", () => {
      answered = true;
    });
    await new Promise((resolve) => session.once("close", resolve));
    expect(why).toBe("a client certificate is needed, and none was shown");
    expect([answered, session.destroyed]).toEqual([false, true]);
  });

  it("ends the connection of who may not ask and does not hang up", async () => {
    service = await openService({ auth: "mtls", bounds: { handshakeMs: 5_000 } });
    const { port, ca } = service;
    const where = { host: "127.0.0.1", servername: "localhost", port, ca };
    const socket = connectTls({ ...where, ALPNProtocols: ["h2"] });
    socket.on("error", () => undefined);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "close");
    expect(Buffer.concat(chunks).toString("latin1")).toContain("a client certificate is needed");
  });

  it("lets nobody in over HTTP/1.1 whose certificate went while it asked", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await service.keeper?.look();
    const socket = await openTls(pair);
    const head =
      "POST /gameserverallocation HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n";
    const answers: string[] = [];
    socket.on("data", (chunk: Buffer) => answers.push(chunk.toString()));
    socket.write(`${head}{}`);
    await once(socket, "data");
    socket.write(`${head}{`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await revokeClientPair(service.folder, "matchmaker");
    expect(await service.keeper?.look()).toBe("narrowed");
    socket.write(`}${head}{}`);
    await once(socket, "close");
    expect(service.allocator.asked).toHaveLength(2);
    expect(answers.join("")).toContain("Connection: close");
  });

  it("reads a body over HTTP/2 that says neither how long nor what it is", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await service.keeper?.look();
    const session = openSession(pair);
    const stream = begin(session, REST);
    stream.end(JSON.stringify({ namespace: "other" }));
    await once(stream, "response");
    expect(service.allocator.asked.map(({ namespace }) => namespace)).toEqual(["other"]);
    session.destroy();
  });

  it("says what is wrong within what clients take of a status", async () => {
    service = await openService({ auth: "none" });
    const session = openSession();
    const stream = begin(session, { ...CALL, "wait-up-to": "x".repeat(20_000) });
    stream.end(Buffer.alloc(5));
    const [headers] = await once(stream, "response");
    expect([headers["grpc-status"], `${headers["grpc-message"]}`.length]).toEqual(["3", 4_000]);
    session.destroy();
  });
});
