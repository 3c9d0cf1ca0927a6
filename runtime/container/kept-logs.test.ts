import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KeptLogs } from "./kept-logs.ts";

let folder = "";
let logs: KeptLogs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-logs-"));
  logs = new KeptLogs(folder, 2);
});
afterEach(() => rm(folder, { recursive: true }));

async function log(id: string, atSeconds: number): Promise<void> {
  await mkdir(join(folder, id));
  await writeFile(join(folder, id, "log.0"), id);
  await utimes(join(folder, id, "log.0"), atSeconds, atSeconds);
}
const there = async (): Promise<string[]> => (await readdir(folder)).sort();

it("keeps the logs of the containers removed last", async () => {
  for (const id of ["a", "b", "c"]) await log(id, 1);
  for (const id of ["c", "a", "b"]) await logs.keep(id);
  expect(await there()).toEqual(["a", "b"]);
});

it("counts what earlier ones left by its age, and leaves alone what is in use", async () => {
  await log("oldest-in-use", 1);
  await log("older", 2);
  await log("newer", 3);
  await logs.find(new Set(["oldest-in-use"]));
  await log("now", 4);
  await logs.keep("now");
  expect(await there()).toEqual(["newer", "now", "oldest-in-use"]);
});

it("keeps the log of a container that was removed and is started again", async () => {
  for (const id of ["a", "b", "c", "d"]) await log(id, 1);
  await logs.keep("a");
  await logs.make("a");
  for (const id of ["b", "c", "d"]) await logs.keep(id);
  expect(await there()).toEqual(["a", "c", "d"]);
});

it("takes no folder of a container whose start has only begun", async () => {
  await logs.find(new Set());
  await logs.make("begun");
  for (const id of ["a", "b", "c"]) {
    await log(id, 1);
    await logs.keep(id);
  }
  expect(await there()).toEqual(["b", "begun", "c"]);
});
