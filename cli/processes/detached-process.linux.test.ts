import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { DetachedProcess } from "./detached-process.ts";

const linux = new HostLinux();
let folder: string;
let sleeper: DetachedProcess;
const sleeperOf = (generation: string): DetachedProcess =>
  new DetachedProcess({
    generation,
    name: "sleeper",
    // The folder stands in its command line, as the state folder does in ours.
    argv: [process.execPath, "-e", "setInterval(() => undefined, 1000)", folder],
    env: {},
    runFolder: folder,
    logFolder: folder,
    linux,
    clock: systemClock,
    logger: silentLogger,
  });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-detached-"));
  sleeper = sleeperOf("1");
});
afterEach(async () => {
  await sleeper.end();
  rmSync(folder, { recursive: true });
});

describe("a process that outlives its starter", () => {
  it("is started once, and again when it is gone", async () => {
    expect(sleeper.ensure()).toBe(true);
    const first = sleeper.pid();
    expect(sleeper.ensure()).toBe(false);
    await sleeper.end();
    expect(sleeper.pid()).toBeUndefined();
    expect(sleeper.ensure()).toBe(true);
    expect(sleeper.pid()).not.toBe(first);
  });

  it("is found again when its starter died before it noted it, or while it did", async () => {
    sleeper.ensure();
    const pid = sleeper.pid();
    const runs = (): boolean =>
      (linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0").includes(folder);
    await expect.poll(runs, { timeout: 15_000 }).toBe(true);
    for (const left of [undefined, '{"pid":']) {
      rmSync(join(folder, "sleeper.json"));
      if (left) writeFileSync(join(folder, "sleeper.json"), left);
      expect(sleeper.pid()).toBeUndefined();
      expect(sleeper.ensure()).toBe(false);
      expect(sleeper.pid()).toBe(pid);
    }
  });

  it("stays over an upgrade of the same generation, and is replaced by one of another", async () => {
    sleeper.ensure();
    const first = sleeper.pid();
    expect(sleeperOf("1").ensure()).toBe(false);
    expect(sleeperOf("1").pid()).toBe(first);
    const next = sleeperOf("2");
    await expect.poll(() => next.ensure(), { timeout: 15_000, interval: 20 }).toBe(true);
    expect(next.pid()).not.toBe(first);
    expect(linux.processStat(first ?? 0)?.state ?? "Z").toBe("Z");
    expect(next.ensure()).toBe(false);
    const mark = join(folder, "sleeper.json");
    const { generation: _, ...old } = JSON.parse(readFileSync(mark, "utf8"));
    writeFileSync(mark, JSON.stringify(old));
    expect([sleeper.ensure(), sleeper.pid()]).toEqual([false, next.pid()]);
  });
});
