import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FolderWatch } from "./folder-watch.ts";

const NEVER_MS = 3_600_000;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-watch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("looks once after several changes together", async () => {
  let looks = 0;
  const look = async () => (looks += 1);
  using _watch = new FolderWatch({ folders: [folder], everyMs: NEVER_MS, settleMs: 50, look });
  // In one turn of the loop: whatever the machine does meanwhile, they are told together.
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), "x");
  await expect.poll(() => looks).toBe(1);
});

it("looks from time to time, also at a folder that is not there", async () => {
  let looks = 0;
  const look = async () => (looks += 1);
  const folders = [join(folder, "none")];
  using _watch = new FolderWatch({ folders, everyMs: 5, settleMs: 1, look });
  await expect.poll(() => looks).toBeGreaterThan(3);
});

it("never looks twice at once", async () => {
  let [at, most, looks] = [0, 0, 0];
  const look = async (): Promise<void> => {
    most = Math.max(most, ++at);
    await new Promise((resolve) => setTimeout(resolve, 20));
    at -= 1;
    looks += 1;
  };
  using _watch = new FolderWatch({ folders: [folder], everyMs: 2, settleMs: 1, look });
  await expect.poll(() => looks).toBeGreaterThan(2);
  expect(most).toBe(1);
});
