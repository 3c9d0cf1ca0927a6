import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { createRemoteJWKSet, importJWK, type JWTPayload, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { verifyAccessToken } from "../service/access-token.ts";
import { ANN, START, signUp, TestLogin, told } from "./login.fixture.ts";
import { isMacOf, readRefreshToken, refreshTokenOf } from "./refresh-token.ts";

const PASSWORD = { user_id: ANN.user_id, user_pw: ANN.user_pw };
const GRACE_MS = 10_000;

describe("access tokens", () => {
  it("expire, and a refresh token brings the next one", async () => {
    await using login = await TestLogin.open({ accessSeconds: 60 });
    const { access_token: token, refresh_token } = await signUp(login);
    await login.clock.advance(64_000);
    expect((await login.get("/me", { token })).status).toBe(200);
    await login.clock.advance(2_000);
    expect(told(await login.get("/me", { token }))).toBe('401 "token expired"');
    const next = await login.post("/token/refresh", { refresh_token });
    expect((await login.get("/me", { token: next.body.tokens.access_token })).status).toBe(200);
  });

  it("are checked by other services with the published keys, without a call for each", async () => {
    await using login = await TestLogin.open();
    const { access_token } = await signUp(login);
    await login.running.app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = login.running.app.server.address() as AddressInfo;
    const keys = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`));
    const now = (): number => login.clock.now();
    const player = await verifyAccessToken(access_token, { keys, now });
    expect(player).toEqual({ userId: "ann", sessionId: expect.any(String) });
    await login.stop();
    expect(await verifyAccessToken(access_token, { keys, now })).toEqual(player);
    await login.clock.advance(1_000_000);
    await expect(verifyAccessToken(access_token, { keys, now })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: "token expired",
    });
  });

  it("are signed by a key that only its owner can read, and whose private part is never shown", async () => {
    await using login = await TestLogin.open();
    const { keyFile } = login.settings;
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const [key] = JSON.parse(readFileSync(keyFile, "utf8")).keys;
    const shown = JSON.stringify((await login.get("/.well-known/jwks.json")).body);
    expect(shown).toContain(key.x);
    expect(shown).not.toContain(key.d);
  });

  it("of an older key are believed after a new one was put before it", async () => {
    await using login = await TestLogin.open();
    const old = await signUp(login);
    await login.stop();
    const { keyFile } = login.settings;
    const fresh = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
    const { keys } = JSON.parse(readFileSync(keyFile, "utf8"));
    writeFileSync(keyFile, JSON.stringify({ keys: [fresh, ...keys] }));
    await login.start();
    expect((await login.get("/me", { token: old.access_token })).status).toBe(200);
    const next = await login.post("/token/refresh", { refresh_token: old.refresh_token });
    expect(next.status).toBe(200);
    const kidOf = (token: string): string =>
      JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
    expect(kidOf(next.body.tokens.access_token)).not.toBe(kidOf(old.access_token));
  });
});

describe("forged access tokens", () => {
  const hour = Math.floor(START / 1_000) + 3_600;
  /** A token of our own making; `change` may bend header, claims and key. */
  async function forge(
    login: TestLogin,
    claims: JWTPayload,
    header: object,
    key?: Uint8Array,
  ): Promise<string> {
    const { keys } = JSON.parse(readFileSync(login.settings.keyFile, "utf8"));
    const right = await importJWK(keys[0], "EdDSA");
    return await new SignJWT({
      iss: "flotilla-login",
      sub: "ann",
      iat: hour - 3_600,
      exp: hour,
      ...claims,
    })
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", ...header })
      .sign(key ?? right);
  }
  const sidOf = (token: string): string =>
    JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sid;

  it.each([
    ["another issuer", { iss: "someone" }, {}],
    ["no session", { sid: undefined }, {}],
    ["no user", { sub: undefined }, {}],
    ["no end", { exp: undefined }, {}],
    ["another type", {}, { typ: "JWT" }],
  ] as const)("with %s are refused", async (_, claims, header) => {
    await using login = await TestLogin.open();
    const { access_token } = await signUp(login);
    const sid = sidOf(access_token);
    const right = await forge(login, { sid }, {});
    expect((await login.get("/me", { token: right })).status).toBe(200);
    const bent = await forge(login, { sid, ...claims } as JWTPayload, header);
    expect(told(await login.get("/me", { token: bent }))).toBe('401 "token invalid"');
  });

  it("without a signature, or signed with the public key as a secret, are refused", async () => {
    await using login = await TestLogin.open();
    const { access_token } = await signUp(login);
    const sid = sidOf(access_token);
    const { keys } = (await login.get("/.well-known/jwks.json")).body as unknown as {
      keys: { x: string }[];
    };
    const secret = Buffer.from(keys[0]?.x ?? "", "base64url");
    const confused = await forge(login, { sid }, { alg: "HS256" }, secret);
    const text = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const [, payload] = access_token.split(".");
    const unsigned = `${text({ alg: "none", typ: "at+jwt" })}.${payload}.`;
    for (const token of [confused, unsigned])
      expect(told(await login.get("/me", { token }))).toBe('401 "token invalid"');
  });

  it("with any bit changed are refused", async () => {
    await using login = await TestLogin.open();
    const { access_token, refresh_token } = await signUp(login);
    const parts = access_token.split(".");
    for (const [i, part] of parts.entries()) {
      const bytes = Buffer.from(part, "base64url");
      const bit = Math.floor(Math.random() * bytes.length * 8);
      bytes.writeUInt8((bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      const token = parts.with(i, bytes.toString("base64url")).join(".");
      expect((await login.get("/me", { token })).status, `part ${i}, bit ${bit}`).toBe(401);
    }
    expect(told(await login.get("/me", { token: refresh_token }))).toBe('401 "token invalid"');
    expect((await login.get("/me", { token: access_token })).status).toBe(200);
  });
});

describe("refresh tokens", () => {
  it("are the same when the answer was lost and it is asked again at once", async () => {
    await using login = await TestLogin.open();
    const { refresh_token } = await signUp(login);
    const once = () => login.post("/token/refresh", { refresh_token });
    const [a, b, c] = await Promise.all([once(), once(), once()]);
    await login.clock.advance(GRACE_MS);
    const d = await once();
    const next = [a, b, c, d].map(({ body }) => body.tokens.refresh_token);
    expect(new Set(next).size).toBe(1);
    expect(next[0]).not.toBe(refresh_token);
  });

  it("that come back later end their session: two have had them", async () => {
    await using login = await TestLogin.open();
    const stolen = await signUp(login);
    const { refresh_token } = stolen;
    const mine = (await login.post("/token/refresh", { refresh_token })).body.tokens;
    await login.clock.advance(GRACE_MS + 1);
    expect(told(await login.post("/token/refresh", { refresh_token }))).toBe('401 "token reused"');
    for (const token of [mine.access_token, stolen.access_token])
      expect(told(await login.get("/me", { token }))).toBe('401 "token revoked"');
    const after = await login.post("/token/refresh", { refresh_token: mine.refresh_token });
    expect(told(after)).toBe('401 "token invalid"');
    expect(login.logged.join("\n")).toContain("a refresh token was reused");
  });

  it("that are two steps old end their session at once", async () => {
    await using login = await TestLogin.open();
    const { refresh_token } = await signUp(login);
    const second = (await login.post("/token/refresh", { refresh_token })).body.tokens;
    await login.post("/token/refresh", { refresh_token: second.refresh_token });
    expect(told(await login.post("/token/refresh", { refresh_token }))).toBe('401 "token reused"');
  });

  it("end with a session that nobody refreshes, and it is removed", async () => {
    await using login = await TestLogin.open({ refreshSeconds: 3_600 });
    const { refresh_token, access_token } = await signUp(login);
    await login.clock.advance(3_600_000);
    expect(told(await login.get("/me", { token: access_token }))).toBe('401 "token expired"');
    const word = told(await login.post("/token/refresh", { refresh_token }));
    expect(['401 "token expired"', '401 "token invalid"']).toContain(word);
  });

  it("of a session are worth nothing for another, and cannot be made without its salt", () => {
    const anyKey = (): KeyObject => createSecretKey(randomBytes(32));
    const key = anyKey();
    const anyId = fc.uuid();
    const anyLink = fc.record({ sessionId: anyId, salt: anyId, turn: fc.nat(1_000_000) });
    fc.assert(
      fc.property(anyLink, anyLink, (a, b) => {
        const read = readRefreshToken(refreshTokenOf(a, key));
        expect(read).toMatchObject({ sessionId: a.sessionId, turn: a.turn });
        const mac = read?.mac ?? "";
        expect(isMacOf(a, mac, [anyKey(), key])).toBe(true);
        const isOther = a.sessionId !== b.sessionId || a.salt !== b.salt || a.turn !== b.turn;
        expect(isMacOf(b, mac, [key])).toBe(!isOther);
        expect(isMacOf(a, mac, [anyKey()])).toBe(false);
      }),
    );
  });

  it("are read without fail, whatever text comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 120 }), (text) => {
        expect(readRefreshToken(text)).toBeUndefined();
      }),
    );
  });
});

describe("logging out", () => {
  it("ends one session, or all of them", async () => {
    await using login = await TestLogin.open();
    const all = [await signUp(login)];
    for (let i = 0; i < 3; i++) all.push((await login.post("/login", PASSWORD)).body.tokens);
    const alive = async (): Promise<number[]> =>
      await Promise.all(
        all.map(async ({ access_token: token }) => (await login.get("/me", { token })).status),
      );
    await login.post("/logout", undefined, { token: all[0]?.access_token ?? "" });
    expect(await alive()).toEqual([401, 200, 200, 200]);
    const everywhere = await login.post("/logout/everywhere", undefined, {
      token: all[2]?.access_token ?? "",
    });
    expect(told(everywhere)).toBe('200 {"sessions":3}');
    expect(await alive()).toEqual([401, 401, 401, 401]);
    expect((await login.post("/login", PASSWORD)).status).toBe(200);
  });

  it("happens by itself for the session unseen for longest, when there are too many", async () => {
    await using login = await TestLogin.open();
    const first = await signUp(login);
    for (let i = 0; i < 20; i++) {
      await login.clock.advance(1_000);
      await login.post("/login", PASSWORD);
    }
    expect(told(await login.get("/me", { token: first.access_token }))).toBe('401 "token revoked"');
    const token = (await login.post("/login", PASSWORD)).body.tokens.access_token;
    const everywhere = await login.post("/logout/everywhere", undefined, { token });
    expect(told(everywhere)).toBe('200 {"sessions":20}');
  });
});
