import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFleetError } from "../core/std/errors.ts";
import { FakeClock } from "../core/std/fake-clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { Accounts, type Attempt, type OpenedSession } from "./accounts.ts";
import { Passwords } from "./passwords.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const PASSWORD = "correct horse battery";
const CHEAP = { memoryKiB: 64, passes: 1, runningMax: 2, waitingMax: 100 };
let folder = "";
let file = "";
let clock: FakeClock;
let accounts: Accounts;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-accounts-"));
  file = join(folder, "accounts.json");
  clock = new FakeClock(NOW);
  accounts = await open();
});
afterEach(async () => {
  await accounts[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const open = (): Promise<Accounts> =>
  Accounts.open({ file, passwords: new Passwords(CHEAP), clock, logger: silentLogger });
const from = (address = "10.0.0.1"): Attempt => ({
  from: address,
  signal: new AbortController().signal,
});
async function admin(name = "ann"): Promise<OpenedSession> {
  const { welcome } = await accounts.inviteFirst();
  return await accounts.welcome(welcome, name, PASSWORD, from());
}
async function user(name: string, role: "viewer" | "operator" | "admin"): Promise<OpenedSession> {
  const { welcome } = await accounts.addUser(name, role);
  return await accounts.welcome(welcome, undefined, PASSWORD, from());
}
const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "ok",
    (error: unknown) => (isFleetError(error) ? error.code : String(error)),
  );

describe("the first admin", () => {
  it("comes by a link, once, and by no other after that", async () => {
    const { welcome } = await accounts.inviteFirst();
    const { welcome: newer } = await accounts.inviteFirst();
    expect(await codeOf(accounts.welcome(welcome, "eve", PASSWORD, from()))).toBe(
      "UNAUTHENTICATED",
    );
    const { view } = await accounts.welcome(newer, "ann", PASSWORD, from());
    expect(view).toMatchObject({ user: "ann", role: "admin" });
    expect(await codeOf(accounts.welcome(newer, "eve", PASSWORD, from()))).toBe("UNAUTHENTICATED");
    expect(await codeOf(accounts.inviteFirst())).toBe("FAILED_PRECONDITION");
    expect(accounts.users().map(({ name }) => name)).toEqual(["ann"]);
  });

  it("is one, however many use the link at once", async () => {
    const { welcome } = await accounts.inviteFirst();
    const names = ["a", "b", "c", "d"];
    const codes = await Promise.all(
      names.map((name) => codeOf(accounts.welcome(welcome, name, PASSWORD, from()))),
    );
    expect(codes.filter((code) => code === "ok")).toHaveLength(1);
    expect(accounts.users()).toHaveLength(1);
  });

  it("loses the link after a day", async () => {
    const { welcome } = await accounts.inviteFirst();
    await clock.advance(24 * HOUR_MS);
    expect(await codeOf(accounts.welcome(welcome, "ann", PASSWORD, from()))).toBe(
      "UNAUTHENTICATED",
    );
  });

  it("is not shut out by a mistake", async () => {
    await admin();
    expect(await codeOf(accounts.changeUser("ann", { role: "viewer" }))).toBe(
      "FAILED_PRECONDITION",
    );
    expect(await codeOf(accounts.changeUser("ann", { disabled: true }))).toBe(
      "FAILED_PRECONDITION",
    );
    expect(await codeOf(accounts.removeUser("ann"))).toBe("FAILED_PRECONDITION");
    await user("bob", "admin");
    expect(await codeOf(accounts.removeUser("ann"))).toBe("ok");
  });

  it("gets a new link with the state folder's token when the password is lost; the old one ends by its use", async () => {
    const { cookie } = await admin();
    const { welcome } = await accounts.inviteUser("ann");
    expect(accounts.sessionOf(cookie)).toBeDefined();
    await accounts.welcome(welcome, undefined, "another password", from());
    expect(accounts.sessionOf(cookie)).toBeUndefined();
    expect(await codeOf(accounts.login("ann", PASSWORD, from()))).toBe("UNAUTHENTICATED");
    expect(await codeOf(accounts.login("ann", "another password", from()))).toBe("ok");
  });
});

describe("the file", () => {
  it("is readable by its owner only, and holds no password, token or cookie", async () => {
    const { cookie } = await admin();
    const { token } = await accounts.issueToken({
      name: "ci",
      role: "viewer",
      days: 1,
      createdBy: "ann",
    });
    const { welcome } = await accounts.addUser("bob", "viewer");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    for (const secret of [PASSWORD, cookie, token, token.slice(4), welcome])
      expect(text).not.toContain(secret);
    expect(text).toContain("$argon2id$v=19$m=64,t=1,p=1$");
  });

  it("gives everything back after a restart, sessions and tokens included", async () => {
    const { cookie } = await admin();
    const { token } = await accounts.issueToken({
      name: "ci",
      role: "viewer",
      days: 1,
      createdBy: "ann",
    });
    await clock.advance(HOUR_MS);
    expect(accounts.sessionOf(cookie)).toBeDefined();
    await accounts[Symbol.asyncDispose]();
    accounts = await open();
    expect(accounts.sessionOf(cookie)).toMatchObject({ user: "ann", role: "admin" });
    expect(accounts.principalOf(token)).toMatchObject({ kind: "token", scope: "viewer" });
    expect(accounts.users()[0]?.seenAtMs).toBe(NOW + HOUR_MS);
  });

  it("is refused when it is none of ours, with what to do", async () => {
    await writeFile(file, "{}");
    await expect(open()).rejects.toThrow("is not what this version wrote");
  });

  it("keeps every one of many changes at once", async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, i) => accounts.addUser(`user-${i}`, "viewer")),
    );
    await accounts[Symbol.asyncDispose]();
    accounts = await open();
    expect(accounts.users()).toHaveLength(60);
  });
});

describe("a session", () => {
  it("ends when it is not used, and in any case after a week", async () => {
    const { cookie } = await admin();
    for (let hours = 0; hours < 166; hours += 11) {
      expect(accounts.sessionOf(cookie), `${hours} hours`).toBeDefined();
      await clock.advance(11 * HOUR_MS);
    }
    expect(accounts.sessionOf(cookie)).toBeUndefined();
    const { cookie: idle } = await accounts.login("ann", PASSWORD, from());
    await clock.advance(12 * HOUR_MS);
    expect(accounts.sessionOf(idle)).toBeUndefined();
  });

  it("ends with the user's rights, and others' go on", async () => {
    await admin();
    const [bob, eve] = [await user("bob", "operator"), await user("eve", "viewer")];
    const principal = accounts.principalOfCookie(bob.cookie);
    expect(principal && accounts.holds(principal)).toBe(true);
    await accounts.changeUser("bob", { role: "viewer" });
    // What was found before holds no more; the session itself is a viewer's now.
    expect(principal && accounts.holds(principal)).toBe(false);
    expect(accounts.principalOfCookie(bob.cookie)?.scope).toBe("viewer");
    await accounts.changeUser("bob", { disabled: true });
    expect(accounts.principalOfCookie(bob.cookie)).toBeUndefined();
    expect(await codeOf(accounts.login("bob", PASSWORD, from()))).toBe("UNAUTHENTICATED");
    expect(accounts.principalOfCookie(eve.cookie)?.name).toBe("eve");
  });

  it("survives a change of password only where it was made", async () => {
    const first = await admin();
    const second = await accounts.login("ann", PASSWORD, from());
    const change = { old: PASSWORD, new: "another password" };
    await accounts.changePassword(first.cookie, "ann", change, from());
    expect(accounts.sessionOf(first.cookie)).toBeDefined();
    expect(accounts.sessionOf(second.cookie)).toBeUndefined();
    const wrong = { old: "wrong password", new: "a third password" };
    expect(await codeOf(accounts.changePassword(first.cookie, "ann", wrong, from()))).toBe(
      "UNAUTHENTICATED",
    );
  });

  it("is one of twenty at most: the one that was used longest ago ends", async () => {
    const first = await admin();
    for (let i = 0; i < 20; i += 1) {
      await clock.advance(1);
      await accounts.login("ann", PASSWORD, from());
    }
    expect(accounts.sessionOf(first.cookie)).toBeUndefined();
  });
});

describe("passwords", () => {
  it.each([
    ["too short", "short"],
    ["too long", "long enough".repeat(30)],
    ["always the same", "aaaaaaaaaaaa"],
  ])("that are %s are refused, and the link stays good", async (_, password) => {
    const { welcome } = await accounts.inviteFirst();
    expect(await codeOf(accounts.welcome(welcome, "ann", password, from()))).toBe("INVALID");
    expect(await codeOf(accounts.welcome(welcome, "ann", PASSWORD, from()))).toBe("ok");
  });

  it("are bounded in number at once, and the loop goes on meanwhile", async () => {
    const passwords = new Passwords({ memoryKiB: 8_192, passes: 2, runningMax: 1, waitingMax: 5 });
    let turns = 0;
    const beat = setInterval(() => (turns += 1), 1);
    const { signal } = new AbortController();
    const codes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(passwords.hash(PASSWORD, signal))),
    );
    clearInterval(beat);
    expect(codes.filter((code) => code === "ok")).toHaveLength(6);
    expect(codes.filter((code) => code === "UNAVAILABLE")).toHaveLength(4);
    // However late this thread gets its turn: there is one between two hashes.
    expect(turns).toBeGreaterThan(3);
  });

  it("are argon2id as other libraries write and read it", async () => {
    const { hash, verify } = await import("@node-rs/argon2");
    const passwords = new Passwords(CHEAP);
    const { signal } = new AbortController();
    const ours = await passwords.hash(PASSWORD, signal);
    expect(await verify(ours, PASSWORD)).toBe(true);
    const theirs = await hash(PASSWORD, { memoryCost: 1_024, timeCost: 2, parallelism: 1 });
    expect(await passwords.verify(theirs, PASSWORD, signal)).toBe(true);
    expect(await passwords.verify(theirs, `${PASSWORD}!`, signal)).toBe(false);
    expect(await passwords.verify(undefined, PASSWORD, signal)).toBe(false);
  });
});

describe("guessing", () => {
  it("is bounded by user and by address, with when to come again, and forgiven by the right password", async () => {
    await admin();
    const guess = (address: string) =>
      codeOf(accounts.login("ann", "wrong password", from(address)));
    for (let i = 0; i < 5; i += 1) expect(await guess(`10.0.1.${i}`)).toBe("UNAUTHENTICATED");
    expect(await guess("10.0.1.9")).toBe("EXHAUSTED");
    await expect(accounts.login("ann", PASSWORD, from())).rejects.toMatchObject({
      details: { retryAfterSeconds: 1 },
    });
    await clock.advance(1_000);
    expect(await codeOf(accounts.login("ann", PASSWORD, from()))).toBe("ok");
    for (let i = 0; i < 20; i += 1)
      await codeOf(accounts.login(`nobody-${i}`, "wrong password", from("10.0.2.1")));
    expect(await codeOf(accounts.login("ann", PASSWORD, from("10.0.2.1")))).toBe("EXHAUSTED");
    expect(await codeOf(accounts.login("ann", PASSWORD, from("10.0.2.2")))).toBe("ok");
  });

  it("gains nothing by many tries at once", async () => {
    await admin();
    const codes = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        codeOf(accounts.login("ann", `wrong password ${i}`, from(`10.0.3.${i}`))),
      ),
    );
    expect(codes.filter((code) => code === "UNAUTHENTICATED")).toHaveLength(5);
    expect(codes.filter((code) => code === "EXHAUSTED")).toHaveLength(35);
  });
});

describe("an API token", () => {
  it("is good until it expires or is revoked, from that moment on", async () => {
    const made = {
      name: "ci",
      role: "operator",
      namespaces: ["eu"],
      days: 2,
      createdBy: "ann",
    } as const;
    const { token, row } = await accounts.issueToken(made);
    const { token: other } = await accounts.issueToken({ ...made, name: "other" });
    expect(token).toMatch(/^flt_[\w-]{43}$/);
    const principal = accounts.principalOf(token);
    expect(principal).toMatchObject({ scope: "operator", namespaces: ["eu"] });
    expect(accounts.principalOf(`${token}x`)).toBeUndefined();
    await accounts.revokeToken(row.id);
    expect(accounts.principalOf(token)).toBeUndefined();
    expect(principal && accounts.holds(principal)).toBe(false);
    expect(accounts.principalOf(other)).toBeDefined();
    await clock.advance(48 * HOUR_MS);
    expect(accounts.principalOf(other)).toBeUndefined();
    expect(accounts.tokens().map(({ name }) => name)).toEqual(["other"]);
  });

  it.each([
    ["no name", { name: "" }],
    ["a name that hides something", { name: "ci\u202e" }],
    ["a name with markup", { name: "<script>alert(1)</script>" }],
    ["a namespace that is none", { namespaces: ["Not/One"] }],
    ["no namespace at all", { namespaces: [] }],
  ])("is refused with %s", async (_, wrong) => {
    const made = { name: "ci", role: "viewer", days: 1, createdBy: "ann", ...wrong } as const;
    expect(await codeOf(accounts.issueToken(made))).toBe("INVALID");
  });
});
