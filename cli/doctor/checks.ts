import type { AdvertiseAddress } from "../advertise-address.ts";

export type Level = "ok" | "warn" | "fail";
export interface Finding {
  readonly about: string;
  readonly level: Level;
  readonly found: string;
  /** What to do; empty when all is well. */
  readonly todo: string;
}

/** What was looked up on the machine; undefined where it could not be. */
export interface Facts {
  readonly platform: string;
  readonly uid: number | undefined;
  readonly kernel: string;
  readonly shimBuilt: boolean;
  readonly namespaces: readonly string[];
  readonly userNamespacesMax: number | undefined;
  readonly cgroup: CgroupFacts;
  readonly filesystems: readonly string[];
  readonly nftables: string | undefined;
  readonly seccomp: boolean;
  readonly foreignFirewalls: readonly { readonly sentence: string; readonly advice: string }[];
  readonly apiPortUser: string | undefined;
  /** Where the allocation service is, and for whom. */
  readonly allocator: string;
  readonly allocatorPortUser: string | undefined;
  readonly allocatorAuth: "mtls" | "token" | "none";
  readonly portRange: string;
  readonly portsTaken: readonly number[];
  /** Says which other instance has the same game ports. */
  readonly portsShared: string | undefined;
  readonly stateFreeBytes: number | undefined;
  readonly memoryAvailableBytes: number | undefined;
  readonly openFilesMax: number | undefined;
  readonly timeKeeper: string | undefined;
  readonly advertise: AdvertiseAddress;
}
export interface CgroupFacts {
  readonly layout: "v1" | "hybrid" | "v2" | "none";
  readonly controllers: readonly string[];
}

const MIB = 1024 * 1024;
const NAMESPACES = ["mnt", "pid", "ipc", "uts", "net"];
const CONTROLLERS = ["cpu", "memory", "pids"];

const ok = (about: string, found: string): Finding => ({ about, level: "ok", found, todo: "" });
const warn = (about: string, found: string, todo: string): Finding => ({
  about,
  level: "warn",
  found,
  todo,
});
const fail = (about: string, found: string, todo: string): Finding => ({
  about,
  level: "fail",
  found,
  todo,
});

function user({ platform, uid, kernel }: Facts): Finding {
  if (platform !== "linux")
    return warn(
      "system",
      `${platform}: nothing is isolated here`,
      "use Linux for isolated game servers",
    );
  return uid === 0
    ? ok("system", `Linux ${kernel}, as root`)
    : warn(
        "system",
        `Linux ${kernel}, not root: nothing is isolated`,
        "run `flotilla up` as root (sudo)",
      );
}

function shim({ shimBuilt }: Facts): Finding {
  return shimBuilt
    ? ok("shim", "compiled")
    : warn(
        "shim",
        "not compiled: nothing is isolated",
        "install cc, make and libc's headers, then `npm start`",
      );
}

function namespaces({ namespaces: there, userNamespacesMax }: Facts): Finding {
  const missing = NAMESPACES.filter((name) => !there.includes(name));
  if (missing.length > 0)
    return fail(
      "namespaces",
      `the kernel lacks ${missing.join(", ")}`,
      "use a kernel with all namespaces",
    );
  return there.includes("user") && userNamespacesMax !== 0
    ? ok("namespaces", `${NAMESPACES.join(" ")} user`)
    : ok(
        "namespaces",
        `${NAMESPACES.join(" ")}; without user namespaces each container gets a user of its own`,
      );
}

function cgroups({ cgroup: { layout, controllers } }: Facts): Finding {
  const missing = CONTROLLERS.filter((name) => !controllers.includes(name));
  if (layout === "none")
    return fail("cgroups", "none are mounted", "mount cgroup2 at /sys/fs/cgroup");
  const shown = `${layout}: ${controllers.join(" ")}`;
  return missing.length === 0
    ? ok("cgroups", shown)
    : fail(
        "cgroups",
        `${layout}, without ${missing.join(", ")}`,
        `enable ${missing.join(", ")} on the kernel's command line`,
      );
}

function files({ filesystems }: Facts): Finding {
  return filesystems.includes("overlay")
    ? ok("overlay", "the kernel has it")
    : warn(
        "overlay",
        "not loaded yet",
        "`modprobe overlay`; without it containers have no root to run in",
      );
}

function firewall({ nftables }: Facts): Finding {
  return nftables === undefined
    ? fail("nftables", "cannot be used", "install nftables (libnftables1), and run this as root")
    : ok("nftables", nftables);
}

function seccomp({ seccomp: isThere }: Facts): Finding {
  return isThere
    ? ok("seccomp", "filters can be set")
    : fail("seccomp", "the kernel has no filters", "use a kernel with CONFIG_SECCOMP_FILTER");
}

function otherFirewalls({ foreignFirewalls }: Facts): Finding {
  return foreignFirewalls.length === 0
    ? ok("other firewalls", "none that drops game traffic")
    : warn(
        "other firewalls",
        foreignFirewalls.map(({ sentence }) => sentence).join("; "),
        foreignFirewalls.map(({ advice }) => advice).join("; "),
      );
}

function apiPort({ apiPortUser }: Facts): Finding {
  return apiPortUser === undefined
    ? ok("API port", "free, or ours")
    : fail("API port", apiPortUser, "end what has it, or choose another: --port PORT");
}

function allocator({ allocator: line, allocatorPortUser, allocatorAuth }: Facts): Finding {
  const name = "allocator";
  if (allocatorPortUser !== undefined)
    return fail(name, allocatorPortUser, "choose another place: --allocator-listen PORT, or off");
  return allocatorAuth === "none" && line !== "off"
    ? warn(name, line, "let clients show who they are: --allocator-auth mtls, or token")
    : ok(name, line);
}

function gamePorts({ portRange, portsTaken, portsShared }: Facts): Finding {
  if (portsShared !== undefined)
    return fail("game ports", portsShared, "give each instance its own: --port-range MIN-MAX");
  if (portsTaken.length === 0) return ok("game ports", `${portRange}: all free`);
  const shown = portsTaken.slice(0, 8).join(", ") + (portsTaken.length > 8 ? ", …" : "");
  return warn(
    "game ports",
    `${portRange}: ${shown} in use`,
    "fine if they are flotilla's own; else choose another --port-range",
  );
}

function disk({ stateFreeBytes: free }: Facts): Finding {
  if (free === undefined) return warn("disk", "unknown", "see that the state folder can be made");
  const shown = `${Math.floor(free / MIB)} MiB free for the state folder`;
  if (free < 200 * MIB)
    return fail("disk", shown, "free some space: writes are refused when it is full");
  return free < 2048 * MIB ? warn("disk", shown, "images and logs want 2 GiB") : ok("disk", shown);
}

function memory({ memoryAvailableBytes: free }: Facts): Finding {
  if (free === undefined) return ok("memory", "unknown");
  const shown = `${Math.floor(free / MIB)} MiB available`;
  return free < 512 * MIB
    ? warn("memory", shown, "a Node game server wants some 60 MiB")
    : ok("memory", shown);
}

function openFiles({ openFilesMax: max }: Facts): Finding {
  if (max === undefined) return ok("open files", "unknown");
  return max < 4096
    ? warn("open files", `at most ${max} a process`, "raise the limit: ulimit -n 65536")
    : ok("open files", `at most ${max} a process`);
}

function time({ timeKeeper }: Facts): Finding {
  return timeKeeper === undefined
    ? warn(
        "time",
        "nothing seems to keep the clock right",
        "run chrony or systemd-timesyncd when there are several machines",
      )
    : ok("time", `kept by ${timeKeeper}`);
}

function address({ advertise }: Facts): Finding {
  return ok("players are told", `${advertise.address} (${advertise.because})`);
}

const ANYWHERE = [user, apiPort, allocator, gamePorts, disk, memory, openFiles, address];
const ISOLATION = [shim, namespaces, cgroups, files, firewall, seccomp, otherFirewalls, time];

/** Every finding about a machine; what only matters for isolation is left out where there can be none. Pure. */
export function examine(facts: Facts): Finding[] {
  const [first, ...rest] = ANYWHERE;
  const checks = facts.platform === "linux" ? [first, ...ISOLATION, ...rest] : ANYWHERE;
  return checks.flatMap((check) => (check ? [check(facts)] : []));
}
