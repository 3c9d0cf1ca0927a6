import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ANN } from "./login.fixture.ts";

const MAIN = join(import.meta.dirname, "main.ts");
/** Says which of the packages that are loaded on demand were loaded. */
const SPY = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({ resolve(name, context, next) {
    if (name === "mongodb" || name === "@node-rs/argon2") process.stderr.write("loaded " + name + "\\n");
    return next(name, context);
  } });`)}`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-login-main-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The service as a process, and what it says. */
class LoginProcess {
  readonly #child: ChildProcess;
  said = "";

  constructor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const flags = ["--disable-warning=ExperimentalWarning", "--import", SPY];
    this.#child = spawn(process.execPath, [...flags, MAIN, ...args], {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        FLOTILLA_STATE: folder,
        LOGIN_PORT: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
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

it("serves as a process, loads only what it uses, ends in order and says nothing secret", async () => {
  const login = new LoginProcess({});
  const url = await login.listening();
  const post = async (path: string, body: object): Promise<Response> =>
    await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  expect(login.said).not.toContain("loaded");
  const up = await post("/signup", ANN);
  const { tokens } = (await up.json()) as { tokens: { refresh_token: string } };
  expect(up.status).toBe(201);
  expect((await post("/login", { ...ANN, user_pw: "wrong horse" })).status).toBe(401);
  expect(await login.ended("SIGTERM")).toBe(0);
  expect(login.said).toContain('"msg":"ended"');
  expect(login.said).toContain("loaded @node-rs/argon2");
  expect(login.said).not.toContain("loaded mongodb");
  for (const secret of [ANN.user_pw, "wrong horse", tokens.refresh_token])
    expect(login.said).not.toContain(secret);
});

it.each([
  ["a setting that makes no sense", { LOGIN_PORT: "x" }, [], "error: LOGIN_PORT is a whole number"],
  ["a store that is none", { LOGIN_DOCUMENTS: "redis://x" }, [], "error: documents are kept at"],
  ["an argument that is none", {}, ["--port"], "error: there is no argument --port"],
])("says what is wrong with %s", async (_, env, args, expected) => {
  const login = new LoginProcess(env as Record<string, string>, ...args);
  expect(await login.ended()).toBe(1);
  expect(login.said).toContain(expected);
});
