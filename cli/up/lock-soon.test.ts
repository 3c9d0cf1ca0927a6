import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockFolder } from "../../store/journal/lock.ts";
import { holderOf } from "./lock-soon.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("a folder that nobody has has no holder, and one that is held names it", () => {
  expect(holderOf(folder)).toBeUndefined();
  using _lock = lockFolder(folder);
  expect(holderOf(folder)).toBe(process.pid);
});

it("who has just taken a folder is waited for until it has written its number", async () => {
  using _lock = lockFolder(folder);
  const file = join(folder, "lock.pid");
  writeFileSync(file, "");
  const late = spawn("sh", ["-c", 'sleep 0.05; echo 4711 > "$0"', file], { stdio: "ignore" });
  expect(holderOf(folder)).toBe(4711);
  await once(late, "exit");
});
