import { X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli } from "./program.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
let state = "";
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "flotilla-certificate-"));
});
afterEach(() => rmSync(state, { recursive: true }));

async function certificate(...argv: readonly string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const say = (text: string): void => {
    said += text;
  };
  const { signal } = new AbortController();
  const io = { out: say, err: say, stdin: process.stdin, env: {}, now: () => NOW, signal };
  const code = await runCli(["certificate", ...argv, "--state", state], io);
  return { code, said };
}
const issue = (name: string, ...flags: readonly string[]) =>
  certificate("issue", name, "--out", join(state, "for", name), ...flags);

it("issues a pair whose certificate lies where the server looks, lists it, and revokes it", async () => {
  expect((await issue("matchmaker", "--expires", "90d")).code).toBe(0);
  const out = join(state, "for", "matchmaker");
  const cert = readFileSync(join(out, "client.crt"), "utf8");
  expect(statSync(join(out, "client.key")).mode & 0o777).toBe(0o600);
  expect(Date.parse(new X509Certificate(cert).validTo)).toBe(NOW + 90 * 86_400_000);
  const folder = join(state, "server", "client-ca");
  expect(readFileSync(join(folder, "matchmaker.crt"), "utf8")).toBe(cert);
  expect((await certificate("ls")).said).toMatch(/matchmaker\.crt +CN=matchmaker +2026-04-01/);
  expect((await certificate("revoke", "matchmaker")).code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

it("overwrites nothing", async () => {
  await issue("a");
  const again = await certificate("issue", "b", "--out", join(state, "for", "a"));
  expect([again.code, again.said]).toEqual([6, expect.stringContaining("is there already")]);
  const other = await certificate("issue", "a", "--out", join(state, "other"));
  expect(other.said).toContain("there is a certificate a already");
});

it("lets nobody in whose key could not be written", async () => {
  writeFileSync(join(state, "file"), "");
  const { code, said } = await certificate("issue", "a", "--out", join(state, "file", "below"));
  expect([code, said]).toEqual([6, expect.stringContaining("cannot write the pair")]);
  expect(readdirSync(join(state, "server", "client-ca"))).toEqual([]);
});

it.each([
  ["a name that leads elsewhere", ["issue", "../a", "--out", "out"], 2],
  ["a time that is none", ["issue", "a", "--out", "out", "--expires", "long"], 2],
  ["no place for the files", ["issue", "a"], 2],
  ["revoking what is not there", ["revoke", "a"], 5],
] as const)("refuses %s, and writes nothing", async (_, argv, code) => {
  const words = argv.map((word) => (word === "out" ? join(state, "out") : word));
  expect((await certificate(...words)).code).toBe(code);
  expect(existsSync(join(state, "out"))).toBe(false);
});
