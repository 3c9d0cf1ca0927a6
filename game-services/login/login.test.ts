import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ANN, signUp, TestLogin, told } from "./login.fixture.ts";

const USER = { user_id: ANN.user_id, nickname: ANN.nickname, email: ANN.email };
const PASSWORD = { user_id: ANN.user_id, user_pw: ANN.user_pw };

describe("signing up and logging in", () => {
  it("answers in the envelope, with tokens beside it", async () => {
    await using login = await TestLogin.open();
    const up = await login.post("/signup", ANN);
    expect(up).toMatchObject({ status: 201, body: { code: 1, message: USER } });
    const back = await login.post("/login", PASSWORD);
    expect(back).toMatchObject({ status: 200, body: { code: 1, message: USER } });
    expect(Object.keys(back.body)).toEqual(["code", "message", "tokens"]);
    expect(back.body.tokens).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/^[\w-]+\.0\.[\w-]+$/),
      token_type: "Bearer",
      expires_in: 900,
    });
    expect(told(await login.get("/me", { token: back.body.tokens.access_token }))).toBe(
      `200 ${JSON.stringify(USER)}`,
    );
  });

  it.each([
    ["an unknown user", "/login", { ...PASSWORD, user_id: "bob" }, '404 "user not found"'],
    ["a wrong password", "/login", { ...PASSWORD, user_pw: "x" }, '401 "password mismatch"'],
    ["no password", "/login", { user_id: "ann" }, '400 "bad request"'],
    ["no body", "/login", undefined, '400 "bad request"'],
    ["a list for a body", "/login", [], '400 "bad request"'],
    ["a field that nobody knows", "/login", { ...PASSWORD, admin: true }, '400 "bad request"'],
    [
      "a taken name, in other case",
      "/signup",
      { ...ANN, user_id: "aNN" },
      '409 "user already exists"',
    ],
    [
      "a taken address, in other case",
      "/signup",
      { ...ANN, user_id: "bob", email: "ANN@example.org" },
      '409 "email already used"',
    ],
    ["a name that devices have", "/signup", { ...ANN, user_id: "Guest-1" }, '400 "bad request"'],
    [
      "a short password",
      "/signup",
      { ...ANN, user_id: "bob", user_pw: "1234567" },
      '400 "bad request"',
    ],
    ["no nickname", "/signup", { ...ANN, user_id: "bob", nickname: null }, '400 "bad request"'],
  ] as const)("refuses %s", async (_, url, body, expected) => {
    await using login = await TestLogin.open();
    await signUp(login);
    expect(told(await login.post(url, body))).toBe(expected);
  });

  it("keeps what it answered over a restart, tokens too", async () => {
    await using login = await TestLogin.open();
    const tokens = await signUp(login);
    await login.stop();
    await login.start();
    expect((await login.get("/me", { token: tokens.access_token })).status).toBe(200);
    const { refresh_token } = tokens;
    expect((await login.post("/token/refresh", { refresh_token })).status).toBe(200);
    expect((await login.post("/login", PASSWORD)).status).toBe(200);
  });

  it("makes the account of a device once, however often and at once it comes", async () => {
    await using login = await TestLogin.open();
    const device = { device_id: "0123456789-abcdef", nickname: "Gus" };
    const all = await Promise.all(
      Array.from({ length: 10 }, () => login.post("/login/device", device)),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(all.map(told).map((text) => text.slice(4))).size).toBe(1);
    const again = await login.post("/login/device", { device_id: device.device_id });
    expect(again).toMatchObject({ status: 200, body: { message: { nickname: "Gus" } } });
    expect(JSON.stringify(again.body)).not.toContain(device.device_id);
    // Each answer's session is there, and none beside: those of accounts that somebody else made first have ended.
    const { body } = await login.get("/online", { token: operatorToken(login) });
    expect((body.message as { online: unknown[] }).online).toHaveLength(11);
  });
});

describe("a sign-up that is sent again", () => {
  it("gets the same account under its Idempotency-Key, also many at once", async () => {
    await using login = await TestLogin.open();
    const once = (): ReturnType<TestLogin["post"]> => login.post("/signup", ANN, { key: "k1" });
    const answers = await Promise.all([once(), once(), once()]);
    answers.push(await once());
    expect(new Set(answers.map(told))).toEqual(new Set([`201 ${JSON.stringify(USER)}`]));
    expect(told(await login.post("/signup", ANN))).toBe('409 "user already exists"');
    expect(told(await login.post("/signup", ANN, { key: "k2" }))).toBe('409 "user already exists"');
  });

  it.each([
    ["password", { user_pw: "another horse" }],
    ["nickname", { nickname: "x" }],
    ["user", { user_id: "bob", email: "bob@example.org" }],
  ])("is refused under the key of another %s", async (_, change) => {
    await using login = await TestLogin.open();
    await login.post("/signup", ANN, { key: "k1" });
    const other = await login.post("/signup", { ...ANN, ...change }, { key: "k1" });
    expect(told(other)).toBe('422 "idempotency key reused"');
    expect((await login.post("/login", PASSWORD)).status).toBe(200);
  });
});

describe("guessing passwords", () => {
  it("locks an account for longer and longer, and a right password opens it after that", async () => {
    await using login = await TestLogin.open({ lockAfter: 3 });
    await signUp(login);
    const guess = (user_pw: string) => login.post("/login", { ...PASSWORD, user_pw });
    for (let i = 0; i < 3; i++) expect(told(await guess("x"))).toBe('401 "password mismatch"');
    const locked = await guess(ANN.user_pw);
    expect([told(locked), locked.headers["retry-after"]]).toEqual(['429 "account locked"', "30"]);
    await login.clock.advance(30_000);
    expect(told(await guess("x"))).toBe('401 "password mismatch"');
    expect((await guess(ANN.user_pw)).headers["retry-after"]).toBe("60");
    await login.clock.advance(60_000);
    expect((await guess(ANN.user_pw)).status).toBe(200);
    expect(told(await guess("x"))).toBe('401 "password mismatch"');
    expect((await guess(ANN.user_pw)).status).toBe(200);
  });

  it("keeps the lock over a restart", async () => {
    await using login = await TestLogin.open({ lockAfter: 1 });
    await signUp(login);
    await login.post("/login", { ...PASSWORD, user_pw: "x" });
    await login.stop();
    await login.start();
    expect(told(await login.post("/login", PASSWORD))).toBe('429 "account locked"');
  });

  it("tries no more than a few passwords of one account at once", async () => {
    await using login = await TestLogin.open({ lockAfter: 3 });
    await signUp(login);
    const guesses = Array.from({ length: 40 }, () =>
      login.post("/login", { ...PASSWORD, user_pw: "x" }),
    );
    const mismatches = (await Promise.all(guesses)).filter(({ status }) => status === 401);
    expect(mismatches.length).toBeLessThanOrEqual(3 + 4);
    expect(told(await login.post("/login", PASSWORD))).toBe('429 "account locked"');
  });

  it("are counted together for all addresses of an IPv6 network that one household has", async () => {
    await using login = await TestLogin.open({ addressPerMinute: 2 });
    const from = async (address: string): Promise<number> =>
      (await login.post("/login/device", { device_id: "d".repeat(32) }, { address })).status;
    expect(await from("2001:db8:1:2::1")).toBe(201);
    expect(await from("2001:db8:1:2::2")).toBe(200);
    expect(await from("2001:db8:1:2:ffff::3")).toBe(429);
    expect(await from("2001:db8:1:3::1")).toBe(200);
  });

  it("limits the attempts of an address, and of an account from many addresses", async () => {
    await using login = await TestLogin.open({ addressPerMinute: 3, accountPerMinute: 4 });
    await signUp(login);
    const from = (address: string) => login.post("/login", PASSWORD, { address });
    const statuses = [];
    for (const address of [
      "127.0.0.2",
      "127.0.0.2",
      "127.0.0.2",
      "127.0.0.2",
      "127.0.0.3",
      "127.0.0.4",
    ])
      statuses.push((await from(address)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 200, 429]);
    await login.clock.advance(60_000);
    expect((await from("127.0.0.2")).status).toBe(200);
  });

  it("believes a proxy's word on the address only when it was told of the proxy", async () => {
    const headers = { "x-forwarded-for": "192.0.2.1" };
    for (const [proxies, expected] of [
      [0, "127.0.0.1"],
      [1, "192.0.2.1"],
    ] as const) {
      await using login = await TestLogin.open({ proxies });
      await login.post("/signup", ANN, { headers });
      const { body } = await login.get("/online", { token: operatorToken(login) });
      expect(body.message).toMatchObject({ online: [{ address: expected }] });
    }
  });

  it("answers 503 with a time to come again when too many passwords wait", async () => {
    await using login = await TestLogin.open({ hashesMax: 1, hashesWaitingMax: 2 });
    const ups = Array.from({ length: 8 }, (_, i) =>
      login.post("/signup", { ...ANN, user_id: `user${i}`, email: `u${i}@example.org` }),
    );
    const answers = await Promise.all(ups);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201, 201, 201, 503, 503, 503, 503, 503,
    ]);
    const busy = answers.find(({ status }) => status === 503);
    expect([busy && told(busy), busy?.headers["retry-after"]]).toEqual([
      '503 "too many logins at the moment"',
      "2",
    ]);
  });
});

describe("passwords that change", () => {
  it("end every other session and keep this one", async () => {
    await using login = await TestLogin.open();
    const here = await signUp(login);
    const there = (await login.post("/login", PASSWORD)).body.tokens;
    const change = { user_pw: ANN.user_pw, new_pw: "staple battery" };
    const changed = await login.post("/password", change, { token: here.access_token });
    expect(told(changed)).toBe('200 {"sessions":1}');
    expect((await login.get("/me", { token: here.access_token })).status).toBe(200);
    expect(told(await login.get("/me", { token: there.access_token }))).toBe('401 "token revoked"');
    const { refresh_token } = there;
    expect(told(await login.post("/token/refresh", { refresh_token }))).toBe('401 "token invalid"');
    expect(told(await login.post("/login", PASSWORD))).toBe('401 "password mismatch"');
    expect((await login.post("/login", { ...PASSWORD, user_pw: change.new_pw })).status).toBe(200);
  });

  it("need the old one, whose wrong guesses count", async () => {
    await using login = await TestLogin.open({ lockAfter: 2 });
    const { access_token: token } = await signUp(login);
    const guess = (user_pw?: string) =>
      login.post("/password", { user_pw, new_pw: "staple battery" }, { token });
    expect([told(await guess("x")), told(await guess()), told(await guess(ANN.user_pw))]).toEqual([
      '401 "password mismatch"',
      '401 "password mismatch"',
      '429 "account locked"',
    ]);
  });

  it("change once when two come with the old one at the same moment", async () => {
    await using login = await TestLogin.open();
    const { access_token: token } = await signUp(login);
    const change = (new_pw: string) =>
      login.post("/password", { user_pw: ANN.user_pw, new_pw }, { token });
    const answers = await Promise.all([change("staple one"), change("staple two")]);
    const [won = -1, ...others] = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
    expect(others).toEqual([]);
    const enter = (user_pw: string) => login.post("/login", { ...PASSWORD, user_pw });
    const statuses = [(await enter("staple one")).status, (await enter("staple two")).status];
    expect(statuses[won]).toBe(200);
    expect(statuses[1 - won]).toBe(401);
  });

  it("give a device's account its first one", async () => {
    await using login = await TestLogin.open();
    const { body } = await login.post("/login/device", { device_id: "0123456789-abcdef" });
    const { user_id } = body.message as { user_id: string };
    const credentials = { user_id, user_pw: "staple battery" };
    expect(told(await login.post("/login", credentials))).toBe('401 "password mismatch"');
    const token = body.tokens.access_token;
    await login.post("/password", { new_pw: credentials.user_pw }, { token });
    expect((await login.post("/login", credentials)).status).toBe(200);
  });
});

describe("who is online", () => {
  it("shows operators who was seen lately, when and where", async () => {
    await using login = await TestLogin.open({ onlineMs: 120_000 });
    const ann = await signUp(login);
    await login.clock.advance(100_000);
    await login.post("/login/device", { device_id: "0123456789-abcdef", nickname: "Gus" });
    const names = async (): Promise<unknown> => {
      const { body } = await login.get("/online", { token: operatorToken(login) });
      const { online } = body.message as {
        online: { nickname: string; last_seen: string; address: string }[];
      };
      return online.map((one) => `${one.nickname} ${one.last_seen} ${one.address}`);
    };
    expect(await names()).toEqual([
      "Gus 2026-01-01T00:01:40Z 127.0.0.1",
      "앤 2026-01-01T00:00:00Z 127.0.0.1",
    ]);
    await login.clock.advance(60_000);
    expect(await names()).toEqual(["Gus 2026-01-01T00:01:40Z 127.0.0.1"]);
    await login.post("/presence", undefined, { token: ann.access_token, address: "127.0.0.9" });
    expect(await names()).toEqual([
      "앤 2026-01-01T00:02:40Z 127.0.0.9",
      "Gus 2026-01-01T00:01:40Z 127.0.0.1",
    ]);
  });

  it("goes page by page, and refuses a token that is none", async () => {
    await using login = await TestLogin.open();
    for (let i = 0; i < 5; i++)
      await login.post("/login/device", { device_id: `0123456789-abcdef-${i}` });
    const token = operatorToken(login);
    const seen = new Set<string>();
    let next = "";
    for (let page = 0; page < 3; page++) {
      const { body } = await login.get(`/online?limit=2${next}`, { token });
      const message = body.message as { online: { user_id: string }[]; continue?: string };
      for (const { user_id } of message.online) seen.add(user_id);
      next = message.continue === undefined ? "" : `&continue=${message.continue}`;
    }
    expect([seen.size, next]).toEqual([5, ""]);
    expect(told(await login.get("/online?continue=x", { token }))).toBe('400 "bad request"');
  });

  it("is for operators alone, as the numbers are", async () => {
    await using login = await TestLogin.open();
    const { access_token } = await signUp(login);
    for (const url of ["/online", "/metrics"]) {
      expect(told(await login.get(url))).toBe('401 "token missing"');
      expect(told(await login.get(url, { token: access_token }))).toBe('401 "token invalid"');
      expect((await login.get(url, { token: operatorToken(login) })).status).toBe(200);
    }
  });
});

function operatorToken({ settings }: TestLogin): string {
  return readFileSync(settings.tokenFile, "utf8").trim();
}
