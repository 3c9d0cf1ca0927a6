import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { RemoteLogin } from "./remote-login.ts";

const START = Date.UTC(2026, 0, 1);
let key: KeyObject;
let page: Server;
let asked = 0;
let url = "";

beforeEach(async () => {
  const pair = generateKeyPairSync("ed25519");
  key = pair.privateKey;
  asked = 0;
  const keys = [{ ...pair.publicKey.export({ format: "jwk" }), kid: "k", alg: "EdDSA" }];
  page = createServer((_request, answer) => {
    asked += 1;
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((done) => page.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
});
afterEach(async () => {
  if (page.listening) await closePage();
});

async function closePage(): Promise<void> {
  const closed = new Promise((done) => page.close(done));
  page.closeAllConnections();
  await closed;
}

async function tokenOf(seconds: number): Promise<string> {
  const from = START / 1_000;
  return await new SignJWT({ sub: "ann", sid: "s", iat: from, exp: from + seconds })
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: "k" })
    .setIssuer("flotilla-login")
    .sign(key);
}

it("asks for the keys once, and believes a token until it expires", async () => {
  const clock = new FakeClock(START);
  const login = new RemoteLogin({ url, clock });
  const token = await tokenOf(30);
  for (let i = 0; i < 3; i++)
    expect(await login.authenticate(token)).toEqual({ userId: "ann", sessionId: "s" });
  expect(asked).toBe(1);
  await clock.advance(36_000);
  await expect(login.authenticate(token)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: "token expired",
  });
});

it("refuses what was changed by a letter, also when the right one is known", async () => {
  const login = new RemoteLogin({ url, clock: new FakeClock(START) });
  const token = await tokenOf(900);
  await login.authenticate(token);
  const forged = token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");
  await expect(login.authenticate(forged)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

it("says that login is away when its keys cannot be had, and goes on when it is back", async () => {
  const { port } = page.address() as AddressInfo;
  await closePage();
  const login = new RemoteLogin({ url, clock: new FakeClock(START) });
  const token = await tokenOf(900);
  await expect(login.authenticate(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await new Promise<void>((done) => page.listen(port, "127.0.0.1", done));
  expect(await login.authenticate(token)).toEqual({ userId: "ann", sessionId: "s" });
});
