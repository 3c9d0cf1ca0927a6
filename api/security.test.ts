import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeClock } from "../core/std/fake-clock.ts";
import { type Browser, newUser, OUT, PASSWORD } from "./access.fixture.ts";
import { type ApiHarness, openApi } from "./api.fixture.ts";
import { PAGE_HEADERS } from "./page-headers.ts";

const SLOW_MS = 2_000;
let api: ApiHarness;
let viewer: Browser;
let admin: Browser;
beforeAll(async () => {
  api = await openApi();
  admin = await newUser(api, "ann", "admin");
  viewer = await newUser(api, "vera", "viewer");
});
afterAll(() => api[Symbol.asyncDispose]());

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const NETWORKS = "/apis/flotilla.dev/v1/namespaces/default/networks";

function dial({ url }: ApiHarness = api): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  return socket;
}
/** What comes back for bytes that no client library would send, until the server closes. */
async function raw(text: string): Promise<string> {
  const socket = dial();
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}
const rawGet = (path: string, headers = ""): Promise<string> =>
  raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`);
const codeOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe("ways around the check", () => {
  it.each([
    "/v1/users/",
    "//v1/users",
    "/v1//users",
    "/V1/users",
    "/v1/./users",
    "/livez/../v1/users",
    "/livez/%2e%2e/v1/users",
    "/livez%2f..%2fv1%2fusers",
    "/v1/%75sers",
    "/v1/users;x=1",
    "/v1/users%00",
    "/openapi.json/../v1/users",
    "http://localhost/v1/users",
  ])("as %s find nothing that only admins see", async (path) => {
    const answers = [await rawGet(path), await rawGet(path, `Cookie: ${viewer.cookie}\r\n`)];
    for (const answer of answers) {
      expect([400, 401, 403, 404]).toContain(codeOf(answer));
      expect(answer).not.toContain('"role"');
    }
  });

  it.each([
    ["a method that stands in a header", "X-HTTP-Method-Override: GET\r\n"],
    ["a path that stands in a header", "X-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\n"],
    [
      "an address that stands in a header",
      "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n",
    ],
    ["another scheme", "Authorization: Basic YWRtaW46YWRtaW4=\r\n"],
    ["no token", "Authorization: Bearer \r\n"],
    ["undefined", "Authorization: Bearer undefined\r\n"],
    ["a name of every object", "Authorization: Bearer __proto__\r\n"],
    ["an empty cookie", "Cookie: flotilla_session=\r\n"],
    ["a cookie that is a pattern", "Cookie: flotilla_session=.*\r\n"],
  ])("as %s are no credential", async (_, headers) => {
    expect(codeOf(await rawGet("/v1/users", headers))).toBe(401);
  });

  it("as a token in the URL are none, and are not echoed", async () => {
    for (const name of ["token", "access_token", "authorization"]) {
      const answer = await rawGet(`/v1/users?${name}=${api.tokens.admin}`);
      expect(codeOf(answer)).toBe(401);
      expect(answer).not.toContain(api.tokens.admin);
    }
  });

  it("as a second header do not override the first", async () => {
    const two = `Authorization: Bearer ${"x".repeat(43)}\r\nAuthorization: Bearer ${api.tokens.admin}\r\n`;
    expect(codeOf(await rawGet("/v1/users", two))).toBe(401);
    const cookies = `Cookie: flotilla_session=${"x".repeat(43)}\r\nCookie: ${admin.cookie}\r\n`;
    expect(codeOf(await rawGet("/v1/users", cookies))).toBe(401);
  });

  it("as other methods show nothing", async () => {
    for (const method of ["HEAD", "OPTIONS", "TRACE", "PROPFIND"]) {
      const text = `${method} /v1/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      expect([400, 401, 404]).toContain(codeOf(await raw(text)));
    }
  });

  it("as an upgraded request meet the same check", async () => {
    const exec = `${FLEETS.replace("fleets", "gameservers")}/x/exec?command=ls`;
    const upgrade = (headers: string): Promise<string> =>
      raw(
        `POST ${exec} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: flotilla-exec/1\r\n${headers}\r\n`,
      );
    const csrf = (browser: Browser): string =>
      `Cookie: ${browser.cookie}\r\nX-Flotilla-Csrf: ${browser.csrf}\r\n`;
    expect(codeOf(await upgrade(""))).toBe(401);
    expect(codeOf(await upgrade(csrf(viewer)))).toBe(403);
    expect(codeOf(await upgrade(`Cookie: ${admin.cookie}\r\n`))).toBe(403);
    expect(codeOf(await upgrade(`${csrf(admin)}Origin: http://evil.example\r\n`))).toBe(403);
    expect(codeOf(await upgrade(csrf(admin)))).toBe(404);
  });
});

describe("a page of another site", () => {
  it("changes nothing in its visitor's name, however it asks", async () => {
    const before = api.store.revision;
    const foreign = ["http://evil.example", "null", `http://localhost:1`];
    for (const origin of foreign)
      expect(
        (await admin.ask(NETWORKS, { method: "POST", body: {}, headers: { origin } })).status,
      ).toBe(403);
    // What a form sends without asking first: no header of ours, and no JSON.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const headers = { cookie: admin.cookie, "content-type": type };
      const answer = await api.ask(NETWORKS, { ...OUT, method: "POST", text: "{}", headers });
      expect([403, 415]).toContain(answer.status);
    }
    expect(api.store.revision).toBe(before);
  });

  it("is told nothing about which sites may ask, and shows us in no frame", async () => {
    const { headers } = await api.ask("/livez", { token: null });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(PAGE_HEADERS["content-security-policy"]).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    expect(PAGE_HEADERS["content-security-policy"]).not.toMatch(/unsafe|\*/);
  });
});

describe("markup in names and texts", () => {
  const MARKUP = "<img src=x onerror=alert(1)>";
  it("comes back as JSON that no browser takes for a page", async () => {
    const annotations = { "a.example/note": MARKUP };
    const made = await api.put("Network", { metadata: { name: "marked", annotations }, spec: {} });
    expect(made.metadata.annotations).toEqual(annotations);
    const answers = [
      await api.ask(`${NETWORKS}/marked`),
      await api.ask(`/nothing/${encodeURIComponent(MARKUP)}`),
      await api.ask(NETWORKS, { method: "POST", body: { metadata: { name: MARKUP } } }),
      await api.ask("/v1/users", { method: "POST", body: { name: MARKUP, role: "viewer" } }),
      await api.ask(`/v1/users/${encodeURIComponent(MARKUP)}`, { method: "DELETE" }),
      await api.ask("/v1/audit"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 422, 422, 404, 200]);
    for (const { headers } of answers) {
      expect(headers.get("content-type")).toMatch(/^application\/json/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("paths that lead elsewhere", () => {
  it.each([
    "/link/v1/nodes/a/blobs/..%2f..%2f..%2fetc%2fpasswd",
    "/link/v1/nodes/..%2f..%2fadmin.token/blobs/sha256:00",
    `${FLEETS}/..%2f..%2fadmin.token`,
    `${FLEETS}/%2e%2e`,
    "/..%2f..%2f..%2fetc/passwd",
    "/../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%5c..%5cadmin.token",
  ])("as %s find no file", async (path) => {
    for (const token of [api.tokens.admin, api.tokens.agent]) {
      const answer = await rawGet(path, `Authorization: Bearer ${token}\r\n`);
      expect([400, 403, 404]).toContain(codeOf(answer));
      expect(answer).not.toMatch(/root:|ENOENT|accounts\.json/);
    }
  });
});

describe("headers", () => {
  it("cannot be put into an answer by what is asked", async () => {
    const name = "a\r\nSet-Cookie: flotilla_session=evil";
    const answers = [
      await api.ask(`${FLEETS}/${encodeURIComponent(name)}`),
      await api.ask(NETWORKS, {
        method: "POST",
        body: { metadata: { name: "injected" }, spec: {}, [name]: 1 },
      }),
      await api.ask(`/v1/audit?format=${encodeURIComponent(name)}`),
      await api.ask("/v1/session", {
        ...OUT,
        method: "POST",
        body: { user: name, password: PASSWORD },
      }),
    ];
    for (const { headers } of answers) expect(headers.get("set-cookie")).toBeNull();
    expect(answers[1]?.headers.get("warning")).not.toMatch(/[\r\n]/);
  });

  it.each([
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
    ["a length beside chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["an encoding that is none", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["a space before the colon", "Content-Length : 4\r\n\r\nabcd"],
  ])("that hide a second request are refused: %s", async (_, rest) => {
    const answer = await raw(`POST /v1/session HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect(codeOf(answer)).toBe(400);
  });
});

describe("requests that are too large", () => {
  it("are refused before they are read whole, and nothing is kept", async () => {
    const large = `"${"x".repeat(1024 * 1024)}"`;
    for (const path of ["/v1/session", "/v1/users", "/v1/tokens", "/v1/session/welcome"])
      expect((await api.ask(path, { method: "POST", text: large })).status).toBe(413);
    expect(codeOf(await rawGet("/livez", `X-Large: ${"x".repeat(20_000)}\r\n`))).toBe(431);
    expect([404, 414, 431]).toContain(codeOf(await rawGet(`/${"x".repeat(20_000)}`)));
    const long = { user: "x".repeat(10_000), password: "y".repeat(100_000) };
    expect((await api.ask("/v1/session", { ...OUT, method: "POST", body: long })).status).toBe(422);
    const deep = `${'{"user":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    expect((await api.ask("/v1/session", { ...OUT, method: "POST", text: deep })).status).toBe(422);
  });
});

describe("clients that are slow on purpose", () => {
  it("are cut off, with others served meanwhile", async () => {
    const slow = { headersTimeoutMs: SLOW_MS, requestTimeoutMs: SLOW_MS, slowLookEveryMs: 100 };
    await using own = await openApi(slow);
    const headers = Array.from({ length: 50 }, () => dial(own));
    const bodies = Array.from({ length: 50 }, () => dial(own));
    for (const socket of headers) socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n");
    for (const socket of bodies)
      socket.write(
        "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
      );
    const drip = setInterval(() => {
      for (const socket of headers) if (socket.writable) socket.write("X");
      for (const socket of bodies) if (socket.writable) socket.write(" ");
    }, 50);
    const closed = Promise.all(
      [...headers, ...bodies].map((socket) => {
        socket.resume();
        // Also with an error: what drips in while it is cut off is reset.
        return new Promise((resolve) => socket.once("close", resolve));
      }),
    );
    let served = 0;
    let isOver = false;
    const serving = (async () => {
      while (!isOver) {
        if ((await own.ask("/livez", { token: null })).status === 200) served += 1;
        await sleep(20);
      }
    })();
    await closed;
    isOver = true;
    clearInterval(drip);
    await serving;
    expect(served).toBeGreaterThan(3);
  });
});

describe("guessing", () => {
  it("is answered with when to come again, the same for names that are there and that are not", async () => {
    // Time stands still: all of it comes before anybody may try again.
    await using own = await openApi({}, undefined, 0, [], { accessClock: new FakeClock(0) });
    await newUser(own, "vera", "viewer");
    const guess = (user: string) =>
      own.ask("/v1/session", {
        ...OUT,
        method: "POST",
        body: { user, password: "a wrong password" },
      });
    for (const user of ["vera", "nobody"]) {
      const answers = [];
      for (let i = 0; i < 6; i += 1) answers.push(await guess(user));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
      expect(answers[5]?.headers.get("retry-after")).toBe("1");
      expect(answers[0]?.body.message).toBe("user or password is wrong, or the user is disabled");
    }
    const right = { user: "vera", password: PASSWORD };
    expect((await own.ask("/v1/session", { ...OUT, method: "POST", body: right })).status).toBe(
      429,
    );
    const links = [];
    for (let i = 0; i < 12; i += 1)
      links.push(
        await own.ask("/v1/session/welcome", {
          ...{ ...OUT, method: "POST" },
          body: { token: `guess-${i}`, user: "eve", password: PASSWORD },
        }),
      );
    expect(links.at(-1)?.status).toBe(429);
  });

  it("tells nobody a password or token back", async () => {
    const body = { user: "vera", password: 12_345_678_901, token: "secret-of-somebody" };
    const { text } = await api.ask("/v1/session", { ...OUT, method: "POST", body });
    expect(text).not.toMatch(/12345678901|secret-of-somebody/);
    const long = { user: "vera", password: "secret-of-somebody".repeat(100) };
    const refused = await api.ask("/v1/session", { ...OUT, method: "POST", body: long });
    expect(refused.text).not.toContain("secret-of-somebody");
  });
});
