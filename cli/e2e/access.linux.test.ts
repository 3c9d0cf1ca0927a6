import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { until } from "./look-inside.ts";
import { redBlueFolder } from "./red-blue-folder.ts";

const FLOTILLA = join(import.meta.dirname, "../../bin/flotilla");
const SOON = { timeout: 20_000, interval: 50 };
const PASSWORD = "correct horse battery";

let example: string;
let instance: TestInstance;
let cookie = "";
let csrf = "";
const secrets = new Set<string>([PASSWORD]);

beforeAll(async () => {
  example = await redBlueFolder();
  instance = await TestInstance.start({
    files: [example],
    flags: ["--port-range", "17340-17350", "--log-level", "debug"],
  });
  await until(instance, ["Container", "red"], ({ status }) => status.phase === "Running");
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await rm(example, { recursive: true });
});

const ask = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(instance.url + path, {
    method,
    headers: { cookie, "x-flotilla-csrf": csrf, "content-type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

function asToken(token: string, ...argv: readonly string[]): ChildProcess {
  const env = {
    ...{ PATH: process.env.PATH, HOME: instance.state, FLOTILLA_STATE: instance.state },
    ...{ FLOTILLA_API: instance.url, FLOTILLA_TOKEN: token },
  };
  return spawn(FLOTILLA, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
}

/** All files below a folder. One that gets its name, or is replaced, while they are read makes them be looked for again. */
function written(folder: string): string[] {
  for (;;) {
    try {
      return textsBelow(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
function textsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textsBelow(path);
    return entry.isFile() ? [readFileSync(path, "latin1")] : [];
  });
}

describe("the first admin", () => {
  it("gets a one-time link from the command line, for `up` writes none where no person reads", async () => {
    // It is the last thing that `up` says, after it said that it is up.
    await expect.poll(() => instance.said, SOON).toContain("user link` prints a link");
    expect(instance.said).not.toContain("#/welcome/");
    const link = (await instance.mustCli("user", "link")).trim();
    expect(link.startsWith(`${instance.url}/#/welcome/`)).toBe(true);
    const welcome = link.split("/").at(-1) ?? "";
    secrets.add(welcome);
    const body = { token: welcome, user: "ann", password: PASSWORD };
    const answer = await ask("POST", "/v1/session/welcome", body);
    expect(answer.status).toBe(200);
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    csrf = ((await answer.json()) as { csrf: string }).csrf;
    secrets.add(cookie.split("=")[1] ?? "");
    const again = await instance.cli("user", "link");
    expect([again.code, again.err]).toEqual([
      6,
      expect.stringContaining("there is an admin already: ann"),
    ]);
  });

  it("makes others on the command line, each with a role", async () => {
    const link = await instance.mustCli("user", "add", "bob", "--role", "operator");
    secrets.add(link.trim().split("/").at(-1) ?? "");
    expect(await instance.mustCli("user", "ls")).toMatch(
      /ann +admin +ok[\s\S]*bob +operator +no password yet/,
    );
    expect(await instance.mustCli("user", "role", "bob", "viewer")).toBe(
      "user bob is viewer now\n",
    );
    await instance.mustCli("user", "disable", "bob");
    expect((await instance.cli("user", "link", "bob")).err).toContain("user bob is disabled");
    await instance.mustCli("user", "rm", "bob");
    const wrong = await instance.cli("user", "add", "Bob Smith");
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("a user's name has")]);
    expect((await instance.cli("user", "role", "ann", "root")).err).toContain(
      "known roles: viewer",
    );
  });
});

describe("an API token", () => {
  it("works for the command line, and what it watches or runs ends when it is revoked", async () => {
    const made = await instance.mustCli(
      "token",
      "create",
      "ci",
      "--role",
      "admin",
      "--expires",
      "1d",
    );
    const token = made.trim();
    secrets.add(token);
    const listed = await instance.mustCli("token", "ls");
    const id = /(\w{12}) +ci +admin +all +admin/.exec(listed)?.[1] ?? "";
    const log = asToken(token, "logs", "-f", "container/red");
    const exec = asToken(
      token,
      "exec",
      "container/red",
      "--",
      "busybox",
      "sh",
      "-c",
      "echo in; busybox sleep 1000",
    );
    const [chunk] = await once(exec.stdout ?? exec, "data");
    expect(String(chunk)).toContain("in");
    const ended = Promise.all([once(log, "exit"), once(exec, "exit")]);
    expect(await instance.mustCli("token", "revoke", id)).toBe(`token ${id} revoked\n`);
    await ended;
    const after = asToken(token, "get", "containers");
    expect((await once(after, "exit"))[0]).toBe(4);
  });
});

describe("the audit log", () => {
  it("tells who did it, runs included, and proves that it is whole while the server writes", async () => {
    const path = "/apis/flotilla.dev/v1/namespaces/default/containers/red";
    const before = await (await ask("GET", path)).json();
    expect(before).toMatchObject({ kind: "Container" });
    const shown = await instance.mustCli("audit", "ls");
    expect(shown).toMatch(/ann +127\.0\.0\.1 +welcome +ann +ok/);
    expect(shown).toMatch(
      /token:ci \(\w+\) +127\.0\.0\.1 +exec +containers\/default\/red +ok +command: .*sleep 1000/,
    );
    expect(shown).toMatch(/file:admin +127\.0\.0\.1 +users\.delete +bob +ok +role: "viewer" → -/);
    const proven = await instance.mustCli("audit", "verify");
    expect(proven).toContain("✓ nothing was changed, moved or removed");
    const csv = await instance.mustCli("audit", "export", "--format", "csv", "--action", "exec");
    expect(csv.split("\r\n")[1]).toMatch(/,token,127\.0\.0\.1,exec,containers\/default\/red,ok,/);
  });

  it("is whole after kill -9, and so are users and sessions", async () => {
    const server = instance.pid("server");
    const asked = Array.from({ length: 20 }, (_, i) =>
      ask("POST", "/v1/users", { name: `No ${i}`, role: "viewer" }).catch(() => undefined),
    );
    expect(instance.kill("server")).toBe(true);
    await Promise.all(asked);
    await expect.poll(() => instance.pid("server") ?? server, SOON).not.toBe(server);
    await expect
      .poll(async () => (await ask("GET", "/v1/session").catch(() => undefined))?.status, SOON)
      .toBe(200);
    expect(await instance.mustCli("audit", "verify")).toContain("✓ nothing");
  });
});

describe("secrets", () => {
  it("are in no log, and in no file that the server or the agent keeps", async () => {
    await ask("GET", `/v1/users?token=${encodeURIComponent(PASSWORD)}`);
    await ask("POST", "/v1/session", { user: "ann", password: `${PASSWORD}!` });
    for (const secret of ["admin", "allocate", "agent"])
      secrets.add(readFileSync(join(instance.state, `${secret}.token`), "utf8").trim());
    expect(secrets.size).toBeGreaterThan(7);
    const parts = ["logs", "server", "agent", "run"].map((part) => join(instance.state, part));
    const texts = [...parts.flatMap(written), instance.said];
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join("\n")).toContain("the control plane is up");
    const found = [...secrets].filter((secret) => texts.some((text) => text.includes(secret)));
    expect(found).toEqual([]);
  });
});
