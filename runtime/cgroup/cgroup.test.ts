import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Limits } from "../../core/model/container-plan.ts";
import { FakeLinux } from "../linux/fake-linux.ts";
import { applyCgroup, prepareInstance, removeCgroup } from "./instance.ts";
import { type CgroupLayout, cgroupHierarchies, detectCgroups } from "./layout.ts";
import { CgroupStats } from "./stats.ts";
import { cgroupWrites } from "./writes.ts";

const V1_MOUNTS = [
  "cgroup /cg/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0",
  "cgroup /cg/memory cgroup rw,memory 0 0",
  "cgroup /cg/pids cgroup rw,pids 0 0",
  "cgroup /cg/systemd cgroup rw,name=systemd 0 0",
].join("\n");
const MEMSW = { "/cg/memory/memory.memsw.limit_in_bytes": "9223372036854771712" };
const UNIFIED = "cgroup2 /cg/unified cgroup2 rw 0 0";

const v1 = (): FakeLinux => new FakeLinux({ "/proc/self/mounts": V1_MOUNTS, ...MEMSW });
const hybrid = (): FakeLinux =>
  new FakeLinux({ "/proc/self/mounts": `${V1_MOUNTS}\n${UNIFIED}`, ...MEMSW });
const v2 = (controllers = "cpuset cpu io memory pids"): FakeLinux =>
  new FakeLinux({
    "/proc/self/mounts": "cgroup2 /cg cgroup2 rw,nosuid 0 0",
    "/proc/swaps": "Filename",
    "/cg/cgroup.controllers": controllers,
    "/cg/cgroup.subtree_control": "cpu pids",
  });
const lines = (layout: CgroupLayout, limits: Limits): string[] =>
  cgroupWrites(layout, limits).map(
    ({ controller, file, value }) => `${controller} ${file}=${value}`,
  );
const LIMITS: Limits = { cpuMilli: 400, memoryBytes: 200 * 2 ** 20, pidsMax: 64 };

describe("the layout of this machine's cgroups", () => {
  it.each([
    ["v1", v1(), ["cpu", "memory", "pids"], true],
    ["hybrid", hybrid(), ["cpu", "memory", "pids", "unified"], true],
    ["v2", v2(), ["unified"], true],
  ] as const)("is seen to be %s", (version, linux, hierarchies, countsSwap) => {
    const layout = detectCgroups(linux);
    expect(layout).toMatchObject({ version, countsSwap });
    expect(layout.has).toEqual({ cpu: true, memory: true, pids: true });
    expect([...cgroupHierarchies(layout)].sort()).toEqual(hierarchies);
  });

  it("is refused where there are no cgroups", () => {
    expect(() => detectCgroups(new FakeLinux({}))).toThrow("no cgroups are mounted");
  });

  it("says which limits a kernel cannot keep, and writes none for them", () => {
    const layout = detectCgroups(v2("cpu pids"));
    expect(layout.has).toEqual({ cpu: true, memory: false, pids: true });
    expect(lines(layout, LIMITS)).toEqual(["unified cpu.max=40000 100000", "unified pids.max=64"]);
  });
});

describe("limits become writes", () => {
  const V1 = [
    "cpu cpu.cfs_period_us=100000",
    "cpu cpu.cfs_quota_us=40000",
    "memory memory.memsw.limit_in_bytes=-1",
    "memory memory.limit_in_bytes=209715200",
    "memory memory.memsw.limit_in_bytes=209715200",
    "pids pids.max=64",
  ];
  it.each([
    ["on v1", v1(), V1],
    ["on hybrid, in the v1 hierarchies", hybrid(), V1],
    [
      "on v2",
      v2(),
      [
        "unified cpu.max=40000 100000",
        "unified memory.swap.max=0",
        "unified memory.max=209715200",
        "unified pids.max=64",
      ],
    ],
  ] as const)("%s", (_, linux, expected) => {
    expect(lines(detectCgroups(linux), LIMITS)).toEqual(expected);
  });

  it.each([
    ["v1", v1(), ["cpu.cfs_quota_us=-1", "memory.limit_in_bytes=-1", "pids.max=max"]],
    ["v2", v2(), ["cpu.max=max 100000", "memory.max=max", "pids.max=max"]],
  ] as const)("zero means none on %s", (_, linux, expected) => {
    const none = lines(detectCgroups(linux), { cpuMilli: 0, memoryBytes: 0, pidsMax: 0 });
    for (const write of expected) expect(none.some((line) => line.endsWith(write))).toBe(true);
  });

  it("never asks for a quota that the kernel refuses", () => {
    const layout = detectCgroups(v1());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256_000 }), (cpuMilli) => {
        const writes = cgroupWrites(layout, { cpuMilli, memoryBytes: 0, pidsMax: 0 });
        const quota = Number(writes.find(({ file }) => file === "cpu.cfs_quota_us")?.value);
        return Number.isSafeInteger(quota) && quota >= 1000;
      }),
    );
  });
});

describe("an instance's cgroups", () => {
  it("are handed their controllers on v2, each once and from the root down", () => {
    const linux = v2();
    prepareInstance(linux, detectCgroups(linux), "ab12");
    expect(linux.writes.map(({ path, value }) => `${path} ${value}`)).toEqual([
      "/cg/cgroup.subtree_control +memory",
      "/cg/cgroup.subtree_control +io",
      ...["cpu", "memory", "pids", "io"].map((c) => `/cg/flotilla/cgroup.subtree_control +${c}`),
      ...["cpu", "memory", "pids", "io"].map(
        (c) => `/cg/flotilla/ab12/cgroup.subtree_control +${c}`,
      ),
    ]);
  });

  it("go away with all containers, but for the parent that another instance uses", async () => {
    const linux = hybrid();
    const layout = detectCgroups(linux);
    for (const instance of ["ab12", "cd34"]) {
      prepareInstance(linux, layout, instance);
      applyCgroup(linux, layout, { instance, id: "c1", writes: cgroupWrites(layout, LIMITS) });
      linux.files.set(`/cg/memory/flotilla/${instance}/c1/cgroup.procs`, "");
      linux.files.set(`/cg/pids/flotilla/${instance}/c1/cgroup.procs`, "");
      linux.files.set(`/cg/unified/flotilla/${instance}/c1/cgroup.procs`, "");
      linux.files.set(`/cg/cpu,cpuacct/flotilla/${instance}/c1/cgroup.procs`, "");
    }
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => linux.busy.clear() };
    linux.busy.add("/cg/pids/flotilla/ab12/c1");
    const options = { clock, triesMax: 2, pauseMs: 10 };
    await removeCgroup(linux, layout, { instance: "ab12" }, options);
    const left = [...linux.folders].filter((folder) => folder.includes("ab12"));
    expect(left).toEqual([]);
    expect(linux.exists("/cg/memory/flotilla/cd34/c1")).toBe(true);
    await removeCgroup(linux, layout, { instance: "cd34" }, options);
    expect([...linux.folders].filter((folder) => folder.includes("flotilla"))).toEqual([]);
  });

  it("are not given up silently while processes are left", async () => {
    const linux = v1();
    const layout = detectCgroups(linux);
    applyCgroup(linux, layout, { instance: "ab12", id: "c1", writes: [] });
    linux.busy.add("/cg/memory/flotilla/ab12/c1");
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined };
    const removal = removeCgroup(
      linux,
      layout,
      { instance: "ab12", id: "c1" },
      { clock, triesMax: 3, pauseMs: 1 },
    );
    await expect(removal).rejects.toThrow("still has processes");
  });
});

describe("what containers use", () => {
  const PRESSURE = (total: number): string =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n`;
  const V1_FILES = {
    "/cg/cpu,cpuacct/flotilla/ab12/c1/cpuacct.usage": "7000\n",
    "/cg/cpu,cpuacct/flotilla/ab12/c1/cpu.stat":
      "nr_periods 9\nnr_throttled 3\nthrottled_time 40500\n",
    "/cg/memory/flotilla/ab12/c1/memory.usage_in_bytes": "4096\n",
    "/cg/memory/flotilla/ab12/c1/memory.oom_control":
      "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "/cg/memory/flotilla/ab12/c1/cgroup.procs": "12\n13\n",
    "/cg/pids/flotilla/ab12/c1/pids.current": "3\n",
    "/proc/12/io": "rchar: 9\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 7\n",
    "/proc/13/io": "rchar: 9\nread_bytes: 1\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
  };
  const UNIFIED_FILES = {
    "/cg/unified/flotilla/ab12/c1/cgroup.procs": "12\n13\n",
    "/cg/unified/flotilla/ab12/c1/cpu.pressure": PRESSURE(11),
    "/cg/unified/flotilla/ab12/c1/memory.pressure": PRESSURE(12),
    "/cg/unified/flotilla/ab12/c1/io.pressure": PRESSURE(13),
  };
  const CPU_STAT =
    "usage_usec 7\nuser_usec 5\nsystem_usec 2\nnr_periods 9\nnr_throttled 3\nthrottled_usec 40\n";
  const V2_FILES = {
    "/cg/flotilla/ab12/c1/cpu.stat": CPU_STAT,
    "/cg/flotilla/ab12/c1/memory.current": "4096\n",
    "/cg/flotilla/ab12/c1/memory.events": "low 0\noom 3\noom_kill 2\noom_group_kill 0\n",
    "/cg/flotilla/ab12/c1/pids.current": "3\n",
    "/cg/flotilla/ab12/c1/io.stat":
      "8:0 rbytes=4096 wbytes=500 rios=1\n8:16 rbytes=1 wbytes=12 rios=1\n",
    "/cg/flotilla/ab12/c1/cpu.pressure": PRESSURE(11),
    "/cg/flotilla/ab12/c1/memory.pressure": PRESSURE(12),
    "/cg/flotilla/ab12/c1/io.pressure": PRESSURE(13),
  };
  const IO = { readBytes: 4_097, writtenBytes: 512 };
  const PRESSURES = { cpuPressureMicros: 11, memoryPressureMicros: 12, ioPressureMicros: 13 };
  it.each([
    ["v1", v1(), V1_FILES, { throttledMicros: 40.5, ...IO }],
    [
      "hybrid",
      hybrid(),
      { ...V1_FILES, ...UNIFIED_FILES },
      { throttledMicros: 40.5, ...IO, ...PRESSURES },
    ],
    ["v2", v2(), V2_FILES, { throttledMicros: 40, ...IO, ...PRESSURES }],
    [
      "v2 of a kernel without pressure",
      v2("cpu memory pids"),
      withoutDetails(V2_FILES),
      { throttledMicros: 40 },
    ],
  ])(
    "is read on %s through kept descriptors, and those of a gone one are closed",
    (_, linux, files, details) => {
      for (const [path, text] of Object.entries(files)) linux.files.set(path, text);
      const stats = new CgroupStats({ linux, layout: detectCgroups(linux), instance: "ab12" });
      expect(stats.read(["c1", "gone"])).toEqual([
        { id: "c1", cpuNanos: 7000, memoryBytes: 4096, pids: 3, details },
      ]);
      expect(stats.oomKills("c1")).toBe(2);
      expect(stats.oomKills("gone")).toBe(0);
      expect(linux.kept.size).toBeGreaterThanOrEqual(3);
      stats.forget("c1");
      expect([...linux.kept]).toEqual([]);
    },
  );

  it("keeps counting what a process read and wrote when it has ended", () => {
    const linux = v1();
    for (const [path, text] of Object.entries(V1_FILES)) linux.files.set(path, text);
    const stats = new CgroupStats({ linux, layout: detectCgroups(linux), instance: "ab12" });
    stats.read(["c1"]);
    linux.files.delete("/proc/12/io");
    linux.files.set("/cg/memory/flotilla/ab12/c1/cgroup.procs", "13\n14\n");
    linux.files.set("/proc/14/io", "read_bytes: 10\nwrite_bytes: 20\n");
    expect(stats.read(["c1"])[0]?.details).toMatchObject({ readBytes: 4_107, writtenBytes: 532 });
  });

  it("looks at the details of few of many containers at a time, and of each in its turn", () => {
    const linux = v2();
    const ids = Array.from({ length: 500 }, (_, i) => `c${i}`);
    for (const id of ids)
      for (const [path, text] of Object.entries(V2_FILES))
        linux.files.set(path.replace("/c1/", `/${id}/`), text);
    const stats = new CgroupStats({ linux, layout: detectCgroups(linux), instance: "ab12" });
    const looked = (): string[] =>
      stats.read(ids).flatMap(({ id, details }) => ("throttledMicros" in details ? [id] : []));
    expect(looked()).toHaveLength(500);
    const turns = Array.from({ length: 8 }, looked);
    expect(Math.max(...turns.map(({ length }) => length))).toBeLessThanOrEqual(64);
    expect(new Set(turns.flat()).size).toBe(500);
  });
});

function withoutDetails(files: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(files).filter(([path]) => !/pressure|io\.stat/.test(path));
  return Object.fromEntries(kept);
}
