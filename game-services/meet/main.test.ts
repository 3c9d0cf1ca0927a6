import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");
let folder: string;
let page: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-meet-main-"));
  page = join(folder, "page");
  mkdirSync(page);
  writeFileSync(join(page, "index.html"), "<!doctype html>");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The service as a process, and what it says. */
class MeetProcess {
  readonly #child: ChildProcess;
  said = "";

  constructor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const { PATH } = process.env;
    const own = { PATH, HOME: folder, FLOTILLA_STATE: folder, MEET_PORT: "0", MEET_PAGE: page };
    this.#child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", MAIN, ...args],
      {
        env: { ...own, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk) => {
        this.said += chunk;
      });
  }

  async listening(): Promise<string> {
    for (;;) {
      const [, port] = /"port":(\d+),"msg":"listening"/.exec(this.said) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
      if (this.#child.exitCode !== null) throw new Error(this.said);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async ended(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.#child.kill(signal);
    if (this.#child.exitCode === null) await once(this.#child, "close");
    return this.#child.exitCode;
  }
}

it("serves as a process, says nothing of what passes through it, and ends in order", async () => {
  const meet = new MeetProcess({ LOGIN_URL: "http://127.0.0.1:1" });
  const url = await meet.listening();
  expect(await (await fetch(url)).text()).toBe("<!doctype html>");
  const headers = { authorization: "Bearer secret-token", "content-type": "application/json" };
  const body = JSON.stringify({ user_pw: "secret-password" });
  const away = await fetch(`${url}/login/login?x=secret-query`, { method: "POST", headers, body });
  expect(away.status).toBe(503);
  expect(await meet.ended("SIGTERM")).toBe(0);
  expect(meet.said).toContain('"msg":"ended"');
  expect(meet.said).toContain('"route":"/login/*"');
  expect(meet.said).not.toContain("secret");
});

it.each([
  ["a setting that makes no sense", { MEET_PORT: "x" }, [], "error: MEET_PORT is a whole number"],
  [
    "a page that is not there",
    { MEET_PAGE: "/nowhere" },
    [],
    "error: /nowhere holds no built page",
  ],
  ["an argument that is none", {}, ["--port"], "error: there is no argument --port"],
])("says what is wrong with %s", async (_, env, args, expected) => {
  const meet = new MeetProcess(env as Record<string, string>, ...args);
  expect(await meet.ended()).toBe(1);
  expect(meet.said).toContain(expected);
});
