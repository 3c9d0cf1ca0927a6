import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import {
  type ClientPair,
  makeClientPair,
  revokeClientPair,
} from "../../access/client-certificates.ts";
import { GrpcClient } from "./grpc-client.fixture.ts";
import {
  NONE_FREE,
  openService,
  type ServiceHarness,
  signedPair,
  TOKEN,
} from "./service.fixture.ts";

const DAY_MS = 86_400_000;
let service: ServiceHarness;
afterEach(() => service[Symbol.asyncDispose]());

interface RestAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
/** Over HTTP/1.1, as `fetch` and most clients do it. */
async function rest(
  { port, ca }: Pick<ServiceHarness, "port" | "ca">,
  pair: Partial<ClientPair> = {},
  more: RequestOptions & { readonly body?: string } = {},
): Promise<RestAnswer> {
  const { body = "{}", ...options } = more;
  const request = httpsRequest({
    ...{ host: "127.0.0.1", servername: "localhost", port, ca, method: "POST", agent: false },
    ...{ path: "/gameserverallocation", ...pair, ...options },
  });
  if (options.method !== "GET") request.write(body);
  request.end();
  const [answer] = await once(request, "response");
  const chunks: Buffer[] = await answer.toArray();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** One request over HTTP/2, as curl does it. */
async function restOverHttp2(pair?: ClientPair): Promise<RestAnswer> {
  const { port, ca } = service;
  const session = connectHttp2(`https://localhost:${port}`, { ca, ...pair, host: "127.0.0.1" });
  // The stream tells it, too.
  session.on("error", () => undefined);
  try {
    const stream = session.request({ ":method": "POST", ":path": "/gameserverallocation" });
    stream.end("{}");
    const [headers] = await once(stream, "response");
    const chunks: Buffer[] = await stream.toArray();
    return { status: headers[":status"], headers, body: Buffer.concat(chunks).toString() };
  } finally {
    session.close();
  }
}

async function openTcp(): Promise<Socket> {
  const socket = connect(service.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}
const closed = (socket: Socket): Promise<unknown> => {
  socket.resume();
  return once(socket, "close");
};
/** What grpc-js makes of a connection that ends with INADEQUATE_SECURITY. */
const PERMISSION_DENIED = 7;
const NOT_LET_IN = `${PERMISSION_DENIED} Protocol not secure enough`;
/** What a client sees of the code and the words of a refusal. */
async function grpcOutcome(pair?: ClientPair): Promise<string> {
  using client = GrpcClient.withTls(service.port, service.ca, pair);
  const { code, message } = await client.allocate({});
  return `${code} ${message}`;
}

/** The fingerprint of what the server shows. */
async function shownCertificate(pair: ClientPair): Promise<string> {
  const { port, ca } = service;
  const socket = connectTls({ host: "127.0.0.1", servername: "localhost", port, ca, ...pair });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe("the allocation service with client certificates", () => {
  it("answers gRPC and REST on one port to who has a certificate of its folder", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await service.keeper?.look();
    expect(await grpcOutcome(pair)).toBe("0 ");
    const overHttp1 = await rest(service, pair);
    expect([overHttp1.status, JSON.parse(overHttp1.body)]).toMatchObject([
      200,
      { gameServerName: "arena-1", counters: {}, lists: {} },
    ]);
    const overHttp2 = await restOverHttp2(pair);
    expect([overHttp2.status, JSON.parse(overHttp2.body)]).toEqual([
      200,
      JSON.parse(overHttp1.body),
    ]);
    expect(service.allocator.asked).toHaveLength(3);
    expect((await rest(service, pair, { method: "GET", path: "/readyz" })).body).toBe("ok\n");
    service.allocator.answer = NONE_FREE;
    const none = await rest(service, pair);
    expect([none.status, none.headers["flotilla-why"]]).toEqual([429, NONE_FREE.message]);
  });

  it("takes the clients of an authority in the folder, and a client's own certificate without it", async () => {
    service = await openService({ auth: "mtls" });
    const [{ ca, pair }, { pair: other }] = [signedPair(), signedPair()];
    await writeFile(join(service.folder, "studio.pem"), ca);
    await service.keeper?.look();
    expect(await grpcOutcome(pair)).toBe("0 ");
    expect(await grpcOutcome(other)).toBe(NOT_LET_IN);
    expect((await rest(service, other)).body).toContain("neither it nor who signed it");
    await writeFile(join(service.folder, "other.crt"), other.cert);
    await service.keeper?.look();
    expect(await grpcOutcome(other)).toBe("0 ");
  });

  it("tells everybody else why not, and asks nothing of the allocator", async () => {
    service = await openService({ auth: "mtls" });
    await service.client("matchmaker");
    const expired = await service.client("old", Date.now() - 3 * DAY_MS);
    await service.keeper?.look();
    const stranger = makeClientPair("stranger", Date.now(), DAY_MS);
    for (const [pair, why] of [
      [undefined, "a client certificate is needed, and none was shown"],
      [stranger, "CN=stranger is not accepted"],
      [expired, "it has expired"],
    ] as const) {
      expect(await grpcOutcome(pair)).toBe(NOT_LET_IN);
      const { status, headers, body } = await rest(service, pair);
      expect([status, headers.connection, JSON.parse(body).code]).toEqual([401, "close", 16]);
      expect(JSON.parse(body).message).toContain(why);
      await expect(restOverHttp2(pair)).rejects.toThrow("error code 12");
      expect((await rest(service, pair, { method: "GET", path: "/livez" })).status).toBe(401);
    }
    expect(service.allocator.asked).toEqual([]);
  });

  it("lets nobody in while its folder is empty, and says so", async () => {
    service = await openService({ auth: "mtls" });
    expect(service.keeper?.trusted).toBe(0);
    expect(service.log[0]).toContain("nobody may allocate");
    expect(await grpcOutcome(makeClientPair("a", Date.now(), DAY_MS))).toBe(NOT_LET_IN);
  });

  it("goes on with the others when a file of the folder cannot be read, and names it once", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await writeFile(join(service.folder, "broken.crt"), "nonsense");
    await service.keeper?.look();
    await service.keeper?.look();
    expect(await grpcOutcome(pair)).toBe("0 ");
    expect(service.log.filter((line) => line.includes("broken.crt"))).toHaveLength(1);
  });

  it("refuses who was taken out of the folder, also on an open connection", async () => {
    service = await openService({ auth: "mtls" });
    const [stays, goes] = [await service.client("stays"), await service.client("goes")];
    await service.keeper?.look();
    using one = GrpcClient.withTls(service.port, service.ca, stays);
    using two = GrpcClient.withTls(service.port, service.ca, goes);
    expect([(await one.allocate({})).code, (await two.allocate({})).code]).toEqual([0, 0]);
    await revokeClientPair(service.folder, "goes");
    expect(await service.keeper?.look()).toBe("narrowed");
    expect((await one.allocate({})).code).toBe(0);
    expect((await two.allocate({})).code).toBe(PERMISSION_DENIED);
  });

  it("shows a new certificate of its own to new connections, and goes on with open ones", async () => {
    service = await openService({ auth: "mtls" });
    const pair = await service.client("matchmaker");
    await service.keeper?.look();
    using before = GrpcClient.withTls(service.port, service.ca, pair);
    expect((await before.allocate({})).code).toBe(0);
    const first = await shownCertificate(pair);
    expect(await service.keeper?.look()).toBe("same");
    service.renew();
    expect(await service.keeper?.look()).toBe("widened");
    expect(await shownCertificate(pair)).not.toBe(first);
    expect((await before.allocate({})).code).toBe(0);
    expect(await grpcOutcome(pair)).toBe("0 ");
  });
});

describe("what knocks at the allocation service", () => {
  it.each([
    ["nonsense instead of a handshake", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["random bytes", Buffer.from([0x16, 0x03, 0x01, 0xff, 0xff, 0, 1, 2, 3])],
  ])("is closed with %s, and the next one is answered", async (_, bytes) => {
    service = await openService({ auth: "none" });
    const socket = await openTcp();
    socket.write(bytes);
    await closed(socket);
    expect(await grpcOutcome()).toBe("0 ");
  });

  it.each([
    ["no handshake", { tls: true }],
    ["no first byte", { tls: false }],
  ])("is closed when %s comes in time", async (_, { tls }) => {
    service = await openService({ auth: "none", tls, bounds: { handshakeMs: 30 } });
    await closed(await openTcp());
  });

  it("is answered 400 with a request of HTTP/1.1 that is none", async () => {
    service = await openService({ auth: "none", tls: false });
    const socket = await openTcp();
    socket.write("NONSENSE\r\n\r\n");
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 /);
    await closed(socket);
  });

  it("is closed with frames of HTTP/2 that are none", async () => {
    service = await openService({ auth: "none", tls: false });
    const socket = await openTcp();
    socket.write(
      Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(64, 255)]),
    );
    await closed(socket);
    using client = new GrpcClient(service.port);
    expect((await client.allocate({})).code).toBe(0);
  });

  it.each([
    ["HTTP/1.1", "POST /gameserverallocation HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"],
    ["HTTP/1.1, in its headers", "POST /gameserverallocation HTTP/1.1\r\nhost:"],
  ])("does not wait for ever for the rest of a request over %s", async (_, begun) => {
    service = await openService({
      auth: "none",
      tls: false,
      bounds: { requestMs: 40, lookEveryMs: 10 },
    });
    const socket = await openTcp();
    socket.write(begun);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 408 /);
    await closed(socket);
    expect(service.allocator.asked).toEqual([]);
  });

  it("does not wait for ever for the rest of a call over HTTP/2", async () => {
    service = await openService({
      auth: "none",
      tls: false,
      bounds: { requestMs: 40, lookEveryMs: 10 },
    });
    const session = connectHttp2(`http://127.0.0.1:${service.port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/allocation.AllocationService/Allocate",
      "content-type": "application/grpc",
    });
    stream.on("error", () => undefined);
    stream.write(Buffer.from([0, 0, 0, 0, 9]));
    await once(stream, "close");
    session.close();
    expect(service.allocator.asked).toEqual([]);
  });

  it("is told to go after a while without a call, and comes again", async () => {
    service = await openService({
      auth: "none",
      tls: false,
      bounds: { idleMs: 30, lookEveryMs: 10 },
    });
    const session = connectHttp2(`http://127.0.0.1:${service.port}`);
    await once(session, "goaway");
    using client = new GrpcClient(service.port);
    // It is told to go again when its call is not there within that while.
    await expect.poll(async () => (await client.allocate({})).code).toBe(0);
  });

  it("finds no place beyond the bound of connections", async () => {
    service = await openService({ auth: "none", tls: false, bounds: { connectionsMax: 2 } });
    const held = [await openTcp(), await openTcp()];
    await closed(await openTcp());
    for (const socket of held) socket.destroy();
    using client = new GrpcClient(service.port);
    await expect.poll(async () => (await client.allocate({})).code).toBe(0);
  });

  it("is refused when it is a page in a browser", async () => {
    service = await openService({ auth: "none", tls: false });
    const answer = await fetch(`http://127.0.0.1:${service.port}/gameserverallocation`, {
      method: "POST",
      headers: { origin: "http://127.0.0.1:1" },
      body: "{}",
    });
    expect(answer.status).toBe(403);
    expect(service.allocator.asked).toEqual([]);
  });
});

describe("the allocation service in plain text", () => {
  it("tells gRPC and REST apart by the first bytes, also when they come one by one", async () => {
    service = await openService({ auth: "token", tls: false });
    const authorization = `Bearer ${TOKEN}`;
    using client = new GrpcClient(service.port);
    expect((await client.allocate({}, { authorization })).code).toBe(0);
    const url = `http://127.0.0.1:${service.port}/gameserverallocation`;
    const asked = await fetch(url, { method: "POST", headers: { authorization }, body: "{}" });
    expect(asked.status).toBe(200);
    expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);
    const socket = await openTcp();
    for (const byte of "PROPFIND /x HTTP/1.1\r\nhost: x\r\n\r\n") {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });
});

describe("the end of the allocation service", () => {
  it("answers what is under way, and lets watchers of health go", async () => {
    service = await openService({ auth: "none", bounds: { closeGraceMs: 10_000 } });
    using client = GrpcClient.withTls(service.port, service.ca);
    const watching = client.watchHealth();
    expect((await watching.next()).value).toBe(1);
    const answers = Array.from({ length: 20 }, () => client.allocate({}));
    await expect.poll(() => service.allocator.asked.length).toBe(20);
    await service.service[Symbol.asyncDispose]();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual(Array(20).fill(0));
    expect(await watching.next()).toEqual({ value: undefined, done: true });
  });

  it("closes a connection that has said nothing yet", async () => {
    service = await openService({ auth: "none", bounds: { closeGraceMs: 10 } });
    const socket = await openTcp();
    await Promise.all([closed(socket), service.service[Symbol.asyncDispose]()]);
  });
});
