import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ServiceProcess } from "../service/service-process.fixture.ts";

let folder: string;
let page: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-meet-main-"));
  page = join(folder, "page");
  mkdirSync(page);
  writeFileSync(join(page, "index.html"), "<!doctype html>");
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(env: Readonly<NodeJS.ProcessEnv> = {}, ...args: readonly string[]): ServiceProcess {
  const own = { HOME: folder, FLOTILLA_STATE: folder, MEET_PORT: "0", MEET_PAGE: page };
  return new ServiceProcess("game-services/meet/main.ts", { ...own, ...env }, { args });
}

it("serves as a process, says nothing of what passes through it, and ends in order", async () => {
  const meet = start({ LOGIN_URL: "http://127.0.0.1:1" });
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
  const meet = start(env, ...args);
  expect(await meet.ended()).toBe(1);
  expect(meet.said).toContain(expected);
});
