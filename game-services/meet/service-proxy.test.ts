import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { TestMeet } from "./meet.fixture.ts";
import type { Settings } from "./settings.ts";

type Serve = (request: IncomingMessage, response: ServerResponse) => void;
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of stack.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A service behind the page, and the page's service in front of it. */
async function inFrontOf(serve: Serve, changes: Partial<Settings> = {}): Promise<TestMeet> {
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.push({
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`);
  const meet = await TestMeet.open({ services: { login: url, asset: url, room: url }, ...changes });
  stack.push(meet);
  return meet;
}
const json = async (answer: Response): Promise<Record<string, unknown>> =>
  (await answer.json()) as Record<string, unknown>;
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !isSo(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSo()).toBe(true);
}
/** Says back what it was asked. */
const echo: Serve = async (asked, response) => {
  const digest = createHash("sha256");
  let bytes = 0;
  for await (const chunk of asked) {
    bytes += chunk.length;
    digest.update(chunk);
  }
  const { method, url, headers } = asked;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ method, url, headers, bytes, digest: digest.digest("hex") }));
};

describe("what is passed on", () => {
  it.each([
    ["GET", "/login/me", "/base/me"],
    ["DELETE", "/asset/assets/a1?x=%20y", "/base/assets/a1?x=%20y"],
    ["POST", "/room/maps/m1/enter", "/base/maps/m1/enter"],
    ["PUT", "/room//maps/a%2Fb", "/base//maps/a%2Fb"],
  ])("%s %s goes to its service, as it is", async (method, path, expected) => {
    const meet = await inFrontOf(echo);
    const body = method === "PUT" || method === "POST" ? { body: "{}" } : {};
    const answer = await fetch(meet.url + path, { method, ...body });
    expect(await json(answer)).toMatchObject({ method, url: expected });
  });

  it("carries the request's id, the client's address and how it came", async () => {
    const meet = await inFrontOf(echo);
    const headers = { "x-request-id": "mine-7", "x-forwarded-for": "10.1.1.1", cookie: "a=b" };
    const answer = await fetch(`${meet.url}/login/me`, { headers });
    expect(answer.headers.get("x-request-id")).toBe("mine-7");
    const { headers: seen } = (await json(answer)) as { headers: Record<string, string> };
    expect(seen).toMatchObject({
      "x-request-id": "mine-7",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
    expect(seen.cookie).toBeUndefined();
  });

  it("believes a proxy in front, when it was told of one", async () => {
    const meet = await inFrontOf(echo, { proxies: 1 });
    const headers = { "x-forwarded-for": "6.6.6.6, 192.0.2.7", "x-forwarded-proto": "https" };
    const answer = await fetch(`${meet.url}/login/me`, { headers });
    const { headers: seen } = (await json(answer)) as { headers: Record<string, string> };
    expect(seen).toMatchObject({ "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https" });
  });

  it("is inert as a document, whatever a service says", async () => {
    const meet = await inFrontOf((_, response) => {
      response.setHeader("content-type", "text/html");
      response.end("<script>alert(1)</script>");
    });
    const answer = await fetch(`${meet.url}/asset/thumbnails/x`);
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("streams an upload: the service has the beginning while the end is not sent yet", async () => {
    let first = 0;
    const meet = await inFrontOf((asked, response) => {
      asked.on("data", (chunk: Buffer) => {
        first += chunk.length;
      });
      asked.on("end", () => response.end("{}"));
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(100_000);
      await promise;
      yield new Uint8Array(100_000);
    }
    const options = { method: "PUT", body: Readable.toWeb(Readable.from(body())), duplex: "half" };
    const sending = fetch(`${meet.url}/asset/x`, options as unknown as RequestInit);
    await until(() => first === 100_000);
    resolve();
    expect((await sending).status).toBe(200);
    expect(first).toBe(200_000);
  });

  it("has every byte of an upload, and status and ETag of an answer", async () => {
    const meet = await inFrontOf(echo);
    const bytes = new Uint8Array(3_000_000).map((_, i) => (i * 7) % 251);
    const answer = await fetch(`${meet.url}/asset/x`, { method: "PUT", body: bytes });
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect(await json(answer)).toMatchObject({ bytes: bytes.length, digest });
    const known = await inFrontOf((_, response) => {
      response.writeHead(304, { etag: '"7"' }).end();
    });
    const same = await fetch(`${known.url}/room/maps/m1`);
    expect([same.status, same.headers.get("etag")]).toEqual([304, '"7"']);
  });
});

describe("what goes wrong", () => {
  it("is a body too large: at once where it says so, later where it does not", async () => {
    let received = 0;
    const meet = await inFrontOf(
      (asked, response) => {
        asked.on("data", (chunk: Buffer) => {
          received += chunk.length;
        });
        asked.on("end", () => response.end("{}"));
      },
      { bodyBytesMax: 1_000_000 },
    );
    const whole = await fetch(`${meet.url}/asset/x`, {
      method: "PUT",
      body: new Uint8Array(1_000_001),
    });
    expect([whole.status, (await json(whole)).message]).toEqual([413, "body too large"]);
    expect(received).toBe(0);
    const asking = request({ port: meet.port, method: "PUT", path: "/asset/x" });
    asking.write(new Uint8Array(900_000));
    asking.write(new Uint8Array(900_000));
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    asking.destroy();
    expect(received).toBeLessThanOrEqual(1_000_000);
  });

  it("is a service that is away: 503, in the envelope, and the request may be made again", async () => {
    await using meet = await TestMeet.open();
    const answer = await fetch(`${meet.url}/room/maps`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    const { message, code, request_id } = await json(answer);
    expect([code, message]).toEqual([0, "the room service is away"]);
    expect(request_id).toBe(answer.headers.get("x-request-id"));
  });

  it("is a service that breaks off: 502 before its answer, a broken answer in the middle of it", async () => {
    const meet = await inFrontOf((asked, response) => {
      if (asked.url?.endsWith("/before")) return asked.socket.destroy();
      const length = asked.url?.endsWith("/small") ? 100 : 100_000;
      response.writeHead(200, { "content-length": String(length) });
      response.write("half");
      setTimeout(() => asked.socket.destroy(), 20);
    });
    const answer = await fetch(`${meet.url}/login/before`);
    expect([answer.status, (await json(answer)).message]).toEqual([
      502,
      "the login service broke off",
    ]);
    const broken = await fetch(`${meet.url}/login/within`);
    await expect(broken.text()).rejects.toThrow();
    // A small one is whole before anything of it is passed on.
    expect((await fetch(`${meet.url}/login/small`)).status).toBe(502);
  });

  it("is none where another replica answers what only asks; what changes something is never said twice", async () => {
    const heard: string[] = [];
    const meet = await inFrontOf((asked, response) => {
      heard.push(`${asked.method} ${asked.url}`);
      if (heard.length % 2 === 1) asked.socket.destroy();
      else response.end("{}");
    });
    const answer = await fetch(`${meet.url}/login/me`);
    expect([answer.status, await answer.text()]).toEqual([200, "{}"]);
    const said = await fetch(`${meet.url}/login/logout`, { method: "POST", body: "{}" });
    expect(said.status).toBe(502);
    expect(heard).toEqual(["GET /base/me", "GET /base/me", "POST /base/logout"]);
  });

  it("is a service that does not answer in time: 504", async () => {
    const meet = await inFrontOf(() => undefined, { answerMs: 200 });
    const answer = await fetch(`${meet.url}/asset/assets`);
    expect([answer.status, (await json(answer)).message]).toEqual([
      504,
      "the asset service does not answer in time",
    ]);
  });

  it("is too much at once: more than so many are told to come again, and one that ends makes room", async () => {
    const waiting: ServerResponse[] = [];
    const changes = { openMax: 2, proxies: 1 };
    const meet = await inFrontOf((_, response) => waiting.push(response), changes);
    const from = (address: string): Promise<Response> =>
      fetch(`${meet.url}/login/me`, { headers: { "x-forwarded-for": address } });
    const first = [from("192.0.2.1")];
    await until(() => waiting.length === 1);
    // One address never has it all.
    expect((await from("192.0.2.1")).status).toBe(503);
    first.push(from("192.0.2.2"));
    await until(() => waiting.length === 2);
    const refused = await from("192.0.2.3");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    for (const response of waiting.splice(0)) response.end("{}");
    await Promise.all(first.map(async (one) => (await one).text()));
    const next = fetch(`${meet.url}/login/me`);
    await until(() => waiting.length === 1);
    waiting[0]?.end("{}");
    expect((await next).status).toBe(200);
  });

  it("is nobody's but the slow one's: who sends slowly holds up no other, with bodies small or large", async () => {
    let began = 0;
    const meet = await inFrontOf(
      (asked, response) => {
        began += 1;
        asked.resume().once("end", () => response.end("{}"));
      },
      { openMax: 16 },
    );
    const slow = (length: number): Socket =>
      connect(meet.port, "127.0.0.1")
        .on("error", () => undefined)
        .once("connect", function (this: Socket) {
          this.write(`PUT /asset/x HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\nx`);
        });
    const sockets = Array.from({ length: 100 }, () => slow(1_000));
    sockets.push(...Array.from({ length: 20 }, () => slow(1_000_000)));
    await until(() => began === 4);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => fetch(`${meet.url}/asset/x`, { method: "PUT", body: "{}" })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    for (const socket of sockets) socket.destroy();
  }, 20_000);

  it("is a path that means a service in other letters, or names a host: it is not known", async () => {
    const meet = await inFrontOf(echo);
    for (const path of ["/lo%67in/me", "http://other.example/login/me"]) {
      const asking = request({ port: meet.port, path }).end();
      const [answer] = (await once(asking, "response")) as [IncomingMessage];
      expect([path, answer.resume().statusCode]).toEqual([path, 404]);
    }
  });

  it("is not a GET with a body: it is passed on without", async () => {
    const meet = await inFrontOf(echo);
    const asking = request({
      port: meet.port,
      path: "/login/me",
      headers: { "content-length": 2 },
    });
    asking.end("{}");
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    expect(answer.resume().statusCode).toBe(200);
  });

  it("is a client that goes away: the service sees the end of its request, whole or not", async () => {
    let gone = 0;
    let began = 0;
    const meet = await inFrontOf((asked, response) => {
      began += 1;
      asked.resume();
      response.once("close", () => {
        gone += 1;
      });
    });
    const host = { host: "127.0.0.1", port: meet.port };
    const slow = request({ ...host, path: "/login/me" }).on("error", () => undefined);
    slow.end();
    const half = connect(host);
    half.write("PUT /asset/x HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\nhalf");
    await until(() => began === 2);
    slow.destroy();
    half.destroy();
    await until(() => gone === 2);
  });
});
