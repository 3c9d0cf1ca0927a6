import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ShimLab } from "./shim-lab.ts";

let lab: ShimLab;
let memoryFile: string;
beforeAll(async () => {
  lab = await ShimLab.open("plain");
  const { cgroups } = await lab.client.hello();
  memoryFile = cgroups === "v2" ? "memory.max" : "memory.limit_in_bytes";
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

describe("a container's limits", () => {
  it("end a program above its memory, and the event says that it was the kernel", async () => {
    const value = String(24 << 20);
    const { id } = await lab.run("tail /dev/zero; echo survived; exit 1", {
      cgroupWrites: [{ controller: "memory", file: memoryFile, value }],
    });
    const { exit, stdout } = await lab.finish(id);
    expect(exit.oomKills).toBeGreaterThan(0);
    expect(stdout).toBe("survived\n");
  });

  it("hold its number of processes", async () => {
    // None of them ends, and makes room, before the last was to begin.
    const seen = await lab.see("for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo ok", {
      cgroupWrites: [{ controller: "pids", file: "pids.max", value: "5" }],
    });
    expect(seen).toContain("can't fork");
  });

  it("are changed while it runs, for what joins it by exec too", async () => {
    const { id } = await lab.run("sleep 1000");
    await lab.client.limit(id, [{ controller: "pids", file: "pids.max", value: "4" }]);
    const request = lab.execRequest(
      id,
      ["sh", "-c", "sleep 100 & sleep 100 & sleep 100 & sleep 100"],
      false,
    );
    using exec = await lab.client.exec(request);
    let text = "";
    for await (const { data } of exec.output) text += Buffer.from(data).toString();
    expect(text).toContain("can't fork");
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("are refused for what is no limit, and for who is not there", async () => {
    const { id } = await lab.run("sleep 1000");
    const set = (file: string, value: string) =>
      lab.client.limit(id, [{ controller: "pids", file, value }]);
    await expect(set("pids.current", "1")).rejects.toThrow("not a limit that may be set");
    await expect(set("cgroup.procs", "1")).rejects.toThrow("not a limit that may be set");
    await expect(set("pids./../../pids.max", "1")).rejects.toThrow("not a limit that may be set");
    await expect(set("pids.max", "many")).rejects.toThrow("Invalid argument");
    await expect(lab.client.limit("dead", [])).rejects.toThrow("has no control groups");
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("hold for the init, the program and an exec alike: each is in every group", async () => {
    const { id } = await lab.run("sleep 1000");
    const groups = ["cpu", "cpuacct", "memory", "pids", "unified"]
      .map((name) => `/sys/fs/cgroup/${name}/flotilla/${lab.instance}`)
      .concat(`/sys/fs/cgroup/flotilla/${lab.instance}`)
      .filter((group) => existsSync(group));
    using exec = await lab.client.exec(lab.execRequest(id, ["sleep", "1000"], false));
    const members = (group: string): number =>
      readFileSync(`${group}/${id}/cgroup.procs`, "utf8").trim().split("\n").length;
    expect(groups.length).toBeGreaterThan(0);
    expect(groups.map(members)).toEqual(groups.map(() => 3));
    exec[Symbol.dispose]();
    await lab.client.kill(id);
    await lab.finish(id);
  });

  it("bound open files", async () => {
    const seen = await lab.see("ulimit -n; ulimit -Hn", {
      rlimits: [{ resource: 7, soft: 128, hard: 256 }],
    });
    expect(seen).toBe("128\n256\n");
  });
});

describe("a container's log", () => {
  it("has a line for each line, with its time and stream, and says what is only a part", async () => {
    const long = "y".repeat(20_000);
    const { id } = await lab.run(`echo one; echo two >&2; echo; echo ${long}; busybox printf end`);
    const { lines } = await lab.finish(id);
    const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (stdout|stderr|system) [FP] /;
    expect(lines.filter((line) => !shape.test(line))).toEqual([]);
    const bare = lines.map((line) => line.slice(25));
    expect(bare.filter((line) => line.startsWith("stderr"))).toEqual(["stderr F two"]);
    expect(bare.filter((line) => line.startsWith("stdout"))).toEqual([
      "stdout F one",
      "stdout F ",
      `stdout P ${"y".repeat(16_384)}`,
      `stdout F ${"y".repeat(20_000 - 16_384)}`,
      "stdout F end",
    ]);
  });

  it("keeps the last lines within two files of bounded size", async () => {
    const { id } = await lab.run("seq 1 20000", { logBytesMax: 65_536, logRate: 100 << 20 });
    await lab.exited(id);
    const sizes = ["log.0", "log.1"].map((name) => statSync(join(lab.stateFolder(id), name)).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    const numbers = ["log.0", "log.1"]
      .flatMap((name) => readFileSync(join(lab.stateFolder(id), name), "utf8").split("\n"))
      .flatMap((line) => (line === "" ? [] : [Number(line.split(" ")[3])]))
      .sort((a, b) => a - b);
    expect(numbers.at(-1)).toBe(20_000);
    expect(numbers).toEqual(numbers.map((_, i) => 20_000 - numbers.length + 1 + i));
    await lab.client.remove(id, lab.stateFolder(id), { withLogs: true });
  });

  it("drops what comes faster than its rate, counts it, and does not slow the program", async () => {
    // So slow a rate that much is dropped although the program takes its time on a busy machine.
    const { id } = await lab.run("seq 1 100000; echo done >&2", { logRate: 5_000 });
    const { lines, exit } = await lab.finish(id);
    expect(exit.exitCode).toBe(0);
    const written = lines.filter((line) => / stdout F \d+$/.test(line)).length;
    const dropped = lines
      .map((line) => /system F dropped (\d+) lines/.exec(line)?.[1])
      .reduce((sum, count) => sum + Number(count ?? 0), 0);
    expect(dropped).toBeGreaterThan(50_000);
    expect(Math.abs(written + dropped - 100_000)).toBeLessThanOrEqual(1);
    expect(lines.join("\n").length).toBeLessThan(200_000);
  });
});
