import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { LoginKeys } from "./login-keys.fixture.ts";
import { RemoteLogin } from "./remote-login.ts";

const START = Date.UTC(2026, 0, 1);
const ANN = { userId: "ann", sessionId: "s" };

it("asks for the keys once, and believes a token until it expires", async () => {
  await using keys = await LoginKeys.open();
  const clock = new FakeClock(START);
  const login = new RemoteLogin({ url: keys.url, clock });
  const token = await keys.token("ann", START, 30);
  for (let i = 0; i < 3; i++) expect(await login.authenticate(token)).toEqual(ANN);
  expect(keys.asked).toBe(1);
  await clock.advance(36_000);
  await expect(login.authenticate(token)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: "token expired",
  });
});

it("looks at a signature again after a minute", async () => {
  await using keys = await LoginKeys.open();
  const clock = new FakeClock(START);
  const login = new RemoteLogin({ url: keys.url, clock });
  const token = await keys.token("ann", START);
  await login.authenticate(token);
  keys.stop();
  await clock.advance(59_000);
  expect(await login.authenticate(token)).toEqual(ANN);
  await clock.advance(2_000);
  // The keys themselves are still known, so this costs a look and no request.
  expect(await login.authenticate(token)).toEqual(ANN);
});

it.each([
  ["another key", { key: generateKeyPairSync("ed25519").privateKey }],
  ["a key that nobody knows", { kid: "unheard-of" }],
  ["another type", { typ: "JWT" }],
  ["another issuer", { iss: "somebody" }],
])("refuses a token of %s, also when the right one is known", async (_, change) => {
  await using keys = await LoginKeys.open();
  const login = new RemoteLogin({ url: keys.url, clock: new FakeClock(START) });
  await login.authenticate(await keys.token("ann", START));
  const iat = START / 1_000;
  const forged = await keys.sign({ sub: "ann", sid: "s", iat, exp: iat + 900 }, change);
  await expect(login.authenticate(forged)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: "token invalid",
  });
});

it("says that login is away when its keys cannot be had, and goes on when it is back", async () => {
  await using keys = await LoginKeys.open();
  const login = new RemoteLogin({ url: keys.url, clock: new FakeClock(START) });
  const token = await keys.token("ann", START);
  keys.stop();
  await expect(login.authenticate(token)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  keys.start();
  expect(await login.authenticate(token)).toEqual(ANN);
});
