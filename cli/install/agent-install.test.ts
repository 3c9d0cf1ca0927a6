import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentFileText } from "./agent-file.ts";

const run = promisify(execFile);
const API = "https://10.0.0.5:8701";
const UNIT = "etc/systemd/system/flotilla-agent.service";
const FILE = "etc/flotilla/agent.env";
let image: string;
beforeAll(() => {
  image = mkdtempSync(join(tmpdir(), "flotilla-agent-"));
});
afterAll(() => rmSync(image, { recursive: true }));

const flotilla = (env: object, ...words: readonly string[]): Promise<{ stdout: string }> =>
  run(join(import.meta.dirname, "../../bin/flotilla"), [...words, "--root", image], {
    env: { PATH: process.env.PATH, HOME: image, ...env },
  });
const text = (path: string): string => readFileSync(join(image, path), "utf8");

describe("an agent alone, installed below a folder", () => {
  it("is refused while nobody says where its control plane is, and nothing is written", async () => {
    await expect(flotilla({}, "install", "--agent")).rejects.toMatchObject({
      code: 6,
      stderr: expect.stringMatching(
        /nobody says where the control plane is\nnext:.*flotilla node token/,
      ),
    });
    expect(existsSync(join(image, "opt"))).toBe(false);
  });

  it("has a unit of its own, and its token where root alone reads it", async () => {
    const token = "fj1.secret";
    await flotilla({ FLOTILLA_JOIN_TOKEN: token }, "install", "--agent", "--api", API);
    expect(text(UNIT)).toContain("ExecStart=/opt/flotilla/current/bin/flotilla agent\n");
    expect(text(UNIT)).toContain("EnvironmentFile=/etc/flotilla/agent.env\n");
    expect(text(UNIT)).not.toContain(token);
    expect(text(FILE)).toContain(`\nFLOTILLA_API=${API}\nFLOTILLA_JOIN_TOKEN=${token}\n`);
    expect(statSync(join(image, FILE)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(image, "etc/systemd/system/flotilla.service"))).toBe(false);
  });

  it("may be installed again without the token, and not beside an `up`", async () => {
    const before = text(FILE);
    await flotilla({}, "install", "--agent");
    expect(text(FILE)).toBe(before);
    await expect(flotilla({}, "install")).rejects.toMatchObject({
      stderr: expect.stringContaining("this machine has flotilla-agent.service already"),
    });
  });

  it("goes away, and with --purge what it knew of its control plane", async () => {
    await flotilla({}, "uninstall", "--purge");
    expect([UNIT, FILE].map((path) => existsSync(join(image, path)))).toEqual([false, false]);
  });
}, 60_000);

describe("what an agent is told of its control plane", () => {
  const fallback = { api: "http://127.0.0.1:8700", joinToken: "" };
  it.each([
    ["stays when nothing else is given", fallback, true, undefined],
    ["is another address", { ...fallback, api: API }, true, `FLOTILLA_API=${API}\n`],
    [
      "is a token for one on this machine",
      { ...fallback, joinToken: "fj1" },
      false,
      "FLOTILLA_API=http://127.0.0.1:8700\nFLOTILLA_JOIN_TOKEN=fj1\n",
    ],
  ])("%s", (_, wish, isThere, expected) => {
    expect(agentFileText(wish, isThere)?.split("\n").slice(1).join("\n")).toBe(expected);
  });
});
