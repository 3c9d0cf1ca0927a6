import { describe, expect, it } from "vitest";
import { examine, type Facts } from "./checks.ts";

const GOOD: Facts = {
  platform: "linux",
  uid: 0,
  kernel: "6.1",
  shimBuilt: true,
  namespaces: ["mnt", "pid", "ipc", "uts", "net", "user"],
  userNamespacesMax: 1000,
  cgroup: { layout: "v2", controllers: ["cpu", "memory", "pids"] },
  filesystems: ["nodev", "overlay"],
  nftables: "usable, 0 tables there",
  seccomp: true,
  foreignFirewalls: [],
  apiPortUser: undefined,
  allocator: "127.0.0.1:8443, gRPC and REST, with a client certificate",
  allocatorAuth: "mtls",
  allocatorPortUser: undefined,
  portRange: "7000-8000",
  portsTaken: [],
  portsShared: undefined,
  stateFreeBytes: 2 ** 40,
  memoryAvailableBytes: 2 ** 33,
  openFilesMax: 65_536,
  timeKeeper: "chronyd",
  advertise: { address: "127.0.0.1", because: "as set" },
};

describe("examine", () => {
  it("finds nothing to do on a good machine", () => {
    expect(examine(GOOD).filter(({ level }) => level !== "ok")).toEqual([]);
  });

  it.each([
    ["no root", { uid: 1000 }, "system", "warn"],
    ["no compiled shim", { shimBuilt: false }, "shim", "warn"],
    ["a missing namespace", { namespaces: ["mnt"] }, "namespaces", "fail"],
    ["no cgroups", { cgroup: { layout: "none", controllers: [] } }, "cgroups", "fail"],
    ["a missing controller", { cgroup: { layout: "v2", controllers: ["cpu"] } }, "cgroups", "fail"],
    ["no overlay", { filesystems: [] }, "overlay", "warn"],
    ["no nftables", { nftables: undefined }, "nftables", "fail"],
    [
      "a firewall of others",
      { foreignFirewalls: [{ sentence: "ufw drops", advice: "let it pass" }] },
      "other firewalls",
      "warn",
    ],
    ["a taken API port", { apiPortUser: "x is taken" }, "API port", "fail"],
    ["a taken allocator port", { allocatorPortUser: "x is taken" }, "allocator", "fail"],
    ["an allocator for anyone", { allocatorAuth: "none" }, "allocator", "warn"],
    [
      "game ports of another instance",
      { portsShared: "7000-8000 are also those of /a" },
      "game ports",
      "fail",
    ],
    ["taken game ports", { portsTaken: [7000] }, "game ports", "warn"],
    ["little disk", { stateFreeBytes: 2 ** 30 }, "disk", "warn"],
    ["hardly any disk", { stateFreeBytes: 2 ** 20 }, "disk", "fail"],
    ["little memory", { memoryAvailableBytes: 2 ** 20 }, "memory", "warn"],
    ["few descriptors", { openFilesMax: 1024 }, "open files", "warn"],
    ["no time keeper", { timeKeeper: undefined }, "time", "warn"],
  ] as const)("reports %s, with what to do about it", (_, change, about, level) => {
    const found = examine({ ...GOOD, ...change }).filter((f) => f.level !== "ok");
    expect(found.map((f) => [f.about, f.level])).toEqual([[about, level]]);
    expect(found[0]?.todo).not.toBe("");
  });

  it("leaves out what only matters for isolation where there can be none", () => {
    const abouts = examine({ ...GOOD, platform: "darwin" }).map(({ about }) => about);
    expect(abouts).not.toContain("cgroups");
    expect(abouts).toContain("API port");
  });
});
