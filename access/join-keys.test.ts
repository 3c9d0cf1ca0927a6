import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JoinKeys } from "./join-keys.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
let folder: string;
let file: string;
let now: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-keys-"));
  file = join(folder, "join-keys.json");
  now = 1_767_225_600_000;
});
afterEach(() => rm(folder, { recursive: true }));

const open = (): Promise<JoinKeys> => JoinKeys.open({ file, now: () => now });
const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? "";
const kidsOf = (keys: JoinKeys): string[] => keys.keySet.keys.map(({ kid }) => kid);
const verify = (token: string, keys: JoinKeys) =>
  jwtVerify(token, createLocalJWKSet(keys.keySet as unknown as JSONWebKeySet), {
    algorithms: ["EdDSA"],
    audience: "server",
    currentDate: new Date(now),
  });
const claims = () => ({ aud: "server", sub: "ann", exp: Math.floor(now / 1_000) + 60 });

describe("the keys of join tokens", () => {
  it("sign what anybody can verify who has the public ones, until it expires", async () => {
    const keys = await open();
    const token = keys.sign(claims());
    const { payload, protectedHeader } = await verify(token, keys);
    expect(payload).toEqual(claims());
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "JWT", kid: kidsOf(keys)[0] });
    expect(JSON.parse(keys.publicText)).toEqual(keys.keySet.keys);
    expect(keys.publicText).not.toContain('"d"');
    now += 61_000;
    await expect(verify(token, keys)).rejects.toThrow(/exp/);
    const [head, body, signature] = keys.sign(claims()).split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims(), sub: "eve" })).toString("base64url");
    await expect(verify(`${head}.${forged}.${signature}`, keys)).rejects.toThrow(/signature/);
    expect(body).not.toBe(forged);
  });

  it("lie in a file that only its owner reads, and are the same after a restart", async () => {
    const keys = await open();
    const token = keys.sign(claims());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await open();
    expect(kidsOf(again)).toEqual(kidsOf(keys));
    expect((await verify(token, again)).payload.sub).toBe("ann");
  });

  it("are published five minutes before they sign, and for five minutes after", async () => {
    const keys = await open();
    const first = kidOf(keys.sign(claims()));
    now += DAY - 5 * MINUTE - 1;
    expect(await keys.rotate()).toBe(false);
    now += 1;
    expect(await keys.rotate()).toBe(true);
    expect(kidsOf(keys)).toHaveLength(2);
    now += 5 * MINUTE - 1;
    expect(kidOf(keys.sign(claims()))).toBe(first);
    const last = keys.sign(claims());
    now += 1;
    const second = kidOf(keys.sign(claims()));
    expect([kidsOf(keys).indexOf(second), second === first]).toEqual([1, false]);
    expect(await keys.rotate()).toBe(false);
    expect((await verify(last, keys)).payload.sub).toBe("ann");
    now += 5 * MINUTE - 1;
    await keys.rotate();
    expect(kidsOf(keys)).toEqual([first, second]);
    now += 1;
    expect(await keys.rotate()).toBe(true);
    expect(kidsOf(keys)).toEqual([second]);
  });

  it("are never without one that signs, and rotate once a day, over a month and restarts", async () => {
    const signed = new Set<string>();
    let keys = await open();
    for (let minutes = 0; minutes < 30 * 24 * 60; minutes += 7) {
      now += 7 * MINUTE;
      if (minutes % 700 === 0) keys = await open();
      const kid = kidOf(keys.sign(claims()));
      expect(kidsOf(keys)).toContain(kid);
      await keys.rotate();
      expect(kidsOf(keys).length).toBeLessThanOrEqual(3);
      signed.add(kid);
    }
    expect(signed.size).toBeGreaterThanOrEqual(29);
    expect(signed.size).toBeLessThanOrEqual(31);
  });

  it("publish before they sign also after a long sleep", async () => {
    const keys = await open();
    const first = kidOf(keys.sign(claims()));
    now += 9 * DAY;
    const again = await open();
    expect([kidsOf(again).length, kidOf(again.sign(claims()))]).toEqual([2, first]);
    now += 5 * MINUTE;
    expect(kidOf(again.sign(claims()))).not.toBe(first);
  });

  it("are refused when the file is not theirs, with what to do about it", async () => {
    for (const text of ["{}", "[{}]", "nonsense"]) {
      await writeFile(file, text);
      await expect(open()).rejects.toThrow(/cannot be used .*delete it for new keys/);
    }
    expect(await readFile(file, "utf8")).toBe("nonsense");
  });
});
