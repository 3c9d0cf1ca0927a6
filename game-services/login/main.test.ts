import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ServiceProcess } from "../service/service-process.fixture.ts";
import { ANN } from "./login.fixture.ts";

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

function start(env: Readonly<NodeJS.ProcessEnv> = {}, ...args: readonly string[]): ServiceProcess {
  const own = { HOME: folder, FLOTILLA_STATE: folder, LOGIN_PORT: "0" };
  return new ServiceProcess(
    "game-services/login/main.ts",
    { ...own, ...env },
    { args, flags: ["--import", SPY] },
  );
}

it("serves as a process, loads only what it uses, ends in order and says nothing secret", async () => {
  const login = start({});
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
  const login = start(env, ...args);
  expect(await login.ended()).toBe(1);
  expect(login.said).toContain(expected);
});
