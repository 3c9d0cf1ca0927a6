import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Limits } from "../../core/model/container-plan.ts";
import { systemClock } from "../../core/std/clock.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { applyCgroup, prepareInstance, removeCgroup } from "./instance.ts";
import { cgroupFolder, cgroupHierarchies, detectCgroups } from "./layout.ts";
import { CgroupStats } from "./stats.ts";
import { cgroupWrites } from "./writes.ts";

const linux = new HostLinux();
const layout = detectCgroups(linux);
const instance = `t${randomBytes(3).toString("hex")}`;
const options = { clock: systemClock, triesMax: 1_000, pauseMs: 20 };
const NONE: Limits = { cpuMilli: 0, memoryBytes: 0, pidsMax: 0 };

/** Runs a shell line inside the container's cgroups; resolves to how it ended. */
async function runInside(
  id: string,
  line: string,
): Promise<readonly [number | null, string | null]> {
  const folders = cgroupHierarchies(layout).map((c) => cgroupFolder(layout, c, instance, id));
  const join = folders.map((folder) => `echo 0 > ${folder}/cgroup.procs`).join(" && ");
  const child = spawn("/bin/sh", ["-c", `${join} && exec /bin/sh -c '${line}'`], {
    stdio: "ignore",
  });
  const [code, signal] = await once(child, "exit");
  return [code, signal];
}

function make(id: string, limits: Partial<Limits>): void {
  const writes = cgroupWrites(layout, { ...NONE, ...limits });
  applyCgroup(linux, layout, { instance, id, writes });
}

beforeAll(() => prepareInstance(linux, layout, instance));
afterAll(async () => {
  await removeCgroup(linux, layout, { instance }, options);
  const left = cgroupHierarchies(layout).filter((c) =>
    linux.exists(cgroupFolder(layout, c, instance)),
  );
  linux[Symbol.dispose]();
  expect(left).toEqual([]);
});

describe(`cgroups of this kernel (${layout.version})`, () => {
  it("kills what uses more memory than allowed, and counts it", async () => {
    make("c1", { memoryBytes: 16 * 2 ** 20 });
    const stats = new CgroupStats({ linux, layout, instance });
    expect(stats.oomKills("c1")).toBe(0);
    const [code, signal] = await runInside("c1", "exec head -c 100m /dev/zero | tail -n 1");
    expect([code, signal]).not.toEqual([0, null]);
    expect(stats.oomKills("c1")).toBeGreaterThan(0);
  });

  it("lets no more processes be made than allowed", async () => {
    make("c2", { pidsMax: 5 });
    // None of them ends, and makes room, before the last was to begin.
    const [code] = await runInside("c2", "for i in 1 2 3 4 5 6 7 8; do sleep 20 & done; wait");
    const [home = "unified"] = cgroupHierarchies(layout);
    const procs = linux.read(`${cgroupFolder(layout, home, instance, "c2")}/cgroup.procs`) ?? "";
    for (const [pid] of procs.matchAll(/\d+/g)) linux.kill(Number(pid), "SIGKILL");
    expect(code).not.toBe(0);
  });

  it("holds a busy process to its share of a core, and counts its time", async () => {
    // So little that it is held back on a busy machine, too, which gives it not much more by itself.
    make("c3", { cpuMilli: 50 });
    const stats = new CgroupStats({ linux, layout, instance });
    const began = performance.now();
    await runInside("c3", 'timeout 1 sh -c "while :; do :; done"');
    const tookNanos = (performance.now() - began) * 1e6;
    const [usage] = stats.read(["c3"]);
    expect(usage?.cpuNanos).toBeGreaterThan(0);
    expect(usage?.cpuNanos).toBeLessThan(tookNanos / 4);
    expect(usage?.details.throttledMicros).toBeGreaterThan(0);
    stats.forget("c3");
  });

  it("takes limits that are raised, lowered and lifted again", () => {
    for (const memoryBytes of [32 * 2 ** 20, 64 * 2 ** 20, 16 * 2 ** 20, 0, 32 * 2 ** 20])
      make("c4", { memoryBytes, cpuMilli: 1, pidsMax: 10 });
    const memory = layout.version === "v2" ? "memory.max" : "memory.limit_in_bytes";
    const home = layout.version === "v2" ? "unified" : "memory";
    const read = linux.read(`${cgroupFolder(layout, home, instance, "c4")}/${memory}`);
    expect(read?.trim()).toBe(String(32 * 2 ** 20));
  });

  it("reads 200 containers, and keeps no file of those that it is told to forget", () => {
    const ids = Array.from({ length: 200 }, (_, i) => `d${i}`);
    for (const id of ids) make(id, {});
    const before = linux.list("/proc/self/fd").length;
    const stats = new CgroupStats({ linux, layout, instance });
    expect(stats.read(ids)).toHaveLength(200);
    expect(stats.read(ids)).toHaveLength(200);
    const kept = linux.list("/proc/self/fd").length - before;
    expect(kept).toBeGreaterThanOrEqual(600);
    expect(stats.read(ids)).toHaveLength(200);
    expect(linux.list("/proc/self/fd").length - before).toBe(kept);
    for (const id of ids) stats.forget(id);
    expect(linux.list("/proc/self/fd").length).toBe(before);
  });
});
