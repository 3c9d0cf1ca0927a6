import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { HostLinux } from "./host-linux.ts";
import { parseMounts } from "./linux.ts";
import { isAlive, parseProcessStat } from "./proc-stat.ts";
import { makerOf, replaceFile, replaceFileWith, temporaryBeside } from "./replace-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-linux-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("/proc as text", () => {
  it("reads a stat line whose command holds blanks and brackets", () => {
    const tail = Array.from({ length: 30 }, (_, i) => String(i + 100)).join(" ");
    const stat = parseProcessStat(`42 (a) b (c) S 1 40 39 ${tail}`);
    expect(stat).toMatchObject({ pid: 42, state: "S", parent: 1, group: 40, session: 39 });
    expect(stat).toMatchObject({ cpuTicks: 107 + 108 + 109 + 110, startTicks: "115" });
  });

  it.each([[""], ["42"], ["42 (x) S 1"], ["x (y) S"]])("makes nothing of %j", (text) => {
    expect(parseProcessStat(text)).toBeUndefined();
  });

  it("takes a zombie for ended", () => {
    const tail = Array.from({ length: 30 }, () => "0").join(" ");
    expect(isAlive(parseProcessStat(`42 (x) Z 1 1 1 ${tail}`))).toBe(false);
    expect(isAlive(parseProcessStat(`42 (x) S 1 1 1 ${tail}`))).toBe(true);
  });

  it("reads mounts with blanks in their names", () => {
    const [mount] = parseMounts("none /a\\040b cgroup2 rw,relatime 0 0\n");
    expect(mount).toEqual({
      source: "none",
      target: "/a b",
      type: "cgroup2",
      options: ["rw", "relatime"],
    });
  });
});

describe("the host's kernel", () => {
  it("knows this process, and knows when nobody has an id", () => {
    using linux = new HostLinux();
    expect(linux.processStat(process.pid)?.pid).toBe(process.pid);
    expect(linux.processes()).toContain(process.pid);
    expect(linux.kill(process.pid, 0)).toBe(true);
    expect(linux.kill(2 ** 22 + 1, 0)).toBe(false);
    expect(linux.processStat(2 ** 22 + 1)).toBeUndefined();
  });

  it("reads a kept file anew each time, and lets go of it", async () => {
    using linux = new HostLinux();
    const path = join(folder, "value");
    await replaceFile(path, 0o600, "1\n");
    expect(linux.readKept(path)).toBe("1\n");
    linux.write(path, "2");
    expect(linux.readKept(path)).toBe("2\n");
    const open = (): number => linux.list("/proc/self/fd").length;
    const before = open();
    linux.forget(folder);
    expect(open()).toBe(before - 1);
  });

  it("says which file refused what", () => {
    using linux = new HostLinux();
    const write = (): void => linux.write(join(folder, "none"), "7");
    expect(write).toThrow(/cannot write "7" to .*none: ENOENT/);
    expect(linux.read(join(folder, "none"))).toBeUndefined();
    expect(linux.list(join(folder, "none"))).toEqual([]);
  });

  it("removes only empty folders and says when one is not", () => {
    using linux = new HostLinux();
    linux.makeFolder(join(folder, "a/b"));
    expect(linux.removeFolder(join(folder, "a"))).toBe(false);
    expect(linux.removeFolder(join(folder, "a/b"))).toBe(true);
    expect(linux.removeFolder(join(folder, "a/b"))).toBe(true);
    expect(linux.freeBytes(folder)).toBeGreaterThan(0);
  });
});

describe("replacing a file", () => {
  it("leaves the old content and no litter when the new one fails", async () => {
    const path = join(folder, "plan.json");
    await replaceFile(path, 0o600, "old");
    const failing = replaceFileWith(path, 0o600, async (handle) => {
      await handle.writeFile("ne");
      throw new Error("disk is gone");
    });
    await expect(failing).rejects.toThrow("disk is gone");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["plan.json"]);
  });

  it("names the maker of a temporary file", () => {
    const name = temporaryBeside("/somewhere/plan.json").split("/").pop() ?? "";
    expect(makerOf(name)).toBe(process.pid);
    expect(makerOf("plan.json")).toBeUndefined();
  });

  it("refuses a folder that cannot be made, as an expected failure", () => {
    using linux = new HostLinux();
    try {
      linux.makeFolder("/proc/flotilla");
      expect.unreachable();
    } catch (error) {
      expect(isFleetError(error, "INTERNAL")).toBe(true);
    }
  });
});
