import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestMeet } from "./meet.fixture.ts";
import { openMeet } from "./open-meet.ts";

let meet: TestMeet;
beforeAll(async () => {
  meet = await TestMeet.open();
});
afterAll(() => meet[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(meet.url + path, { headers, method });

describe("the page", () => {
  it("is asked for each time, and allows scripts of its own origin only", async () => {
    const answer = await get("/");
    expect(await answer.text()).toContain("<!doctype html>");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it("has files that never change: they are kept for ever, packed, and known by their ETag", async () => {
    const answer = await get("/page/a-1.js");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(await answer.text()).toContain("hello");
    const etag = answer.headers.get("etag") ?? "";
    const again = await get("/page/a-1.js", { "if-none-match": etag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    // Read by hand: a pattern with spaces on both sides of a comma takes a fifth of a second for a header full of them.
    for (const known of [`"a"  ,  W/${etag}`, "*"])
      expect((await get("/page/a-1.js", { "if-none-match": known })).status).toBe(304);
    const spaces = `a${" ".repeat(12_000)}b`;
    expect((await get("/page/a-1.js", { "if-none-match": spaces })).status).toBe(200);
    const plain = await get("/page/a-1.js", { "accept-encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBe(null);
    expect(plain.headers.get("etag")).not.toBe(etag);
    expect(await plain.text()).toContain("hello");
  });

  it("answers HEAD as GET, without the file", async () => {
    const answer = await get("/", {}, "HEAD");
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(40);
  });

  it.each([
    ["/notes.txt", 404],
    ["/page/../notes.txt", 404],
    ["/page/%2e%2e/%2e%2e/operator.token", 404],
    ["/metrics", 401],
    ["/livez", 200],
    ["/readyz", 200],
    ["/openapi.json", 200],
    ["/elsewhere", 404],
  ])("has nothing else: %s is %i", async (path, status) => {
    // By hand, because clients tidy such paths up.
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const asking = request({ host: "127.0.0.1", port: meet.port, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asking.once("error", reject).end();
    });
    expect(answer).toBe(status);
  });

  it("tells the page where the games are reached", async () => {
    expect(await (await get("/settings")).json()).toEqual({ code: 1, message: {} });
    await using behind = await TestMeet.open({ gameEndpoint: "wss://{host}/{port}" });
    const answer = await fetch(`${behind.url}/settings`);
    expect(await answer.json()).toEqual({
      code: 1,
      message: { game_endpoint: "wss://{host}/{port}" },
    });
  });

  it("says how it is built when it is not there", async () => {
    const log = (): void => undefined;
    const logger = { debug: log, info: log, warn: log, error: log };
    const settings = { ...meet.settings, page: "/nowhere" };
    await expect(openMeet({ settings, logger })).rejects.toThrow("npm run service:meet builds it");
  });
});
