import { FleetError } from "../../core/std/errors.ts";
import type { Linux } from "../linux/linux.ts";

/** `unified` is the cgroup2 tree; the others are cgroup v1 hierarchies. */
export type CgroupController = "unified" | "cpu" | "cpuacct" | "memory" | "pids" | "freezer";

/** What of a container is limited or counted. */
export type Resource = "cpu" | "memory" | "pids";

/** How this machine's cgroups are mounted; looked at once. */
export interface CgroupLayout {
  /** `hybrid`: v1 controllers hold the limits, a cgroup2 tree without them beside. */
  readonly version: "v1" | "hybrid" | "v2";
  /** Where each hierarchy that we use is mounted; two v1 controllers may share one mount. */
  readonly mountOf: Readonly<Partial<Record<CgroupController, string>>>;
  /** Which limits the kernel can keep here. */
  readonly has: Readonly<Record<Resource, boolean>>;
  /** Reads and writes of disks are counted: on v2 only, a v1 kernel counts them under a limit. */
  readonly countsIo: boolean;
  /** Swap is counted, so a memory limit must name it too. */
  readonly countsSwap: boolean;
}

const V1: readonly Exclude<CgroupController, "unified">[] = [
  "cpu",
  "cpuacct",
  "memory",
  "pids",
  "freezer",
];

/** Looks at /proc/self/mounts and cgroup.controllers; UNSUPPORTED when no cgroups are mounted at all. */
export function detectCgroups(linux: Linux): CgroupLayout {
  const mounts = linux.mounts();
  const unified = mounts.find(({ type }) => type === "cgroup2")?.target;
  const v1 = V1.flatMap((controller) => {
    const mount = mounts.find((m) => m.type === "cgroup" && m.options.includes(controller));
    return mount ? [[controller, mount.target] as const] : [];
  });
  const mountOf: CgroupLayout["mountOf"] = Object.fromEntries([
    ...v1,
    ...(unified ? [["unified", unified]] : []),
  ]);
  if (v1.length === 0 && unified === undefined)
    throw new FleetError(
      "UNSUPPORTED",
      "no cgroups are mounted on this machine: nothing is limited",
    );
  if (v1.length === 0) return unifiedLayout(linux, mountOf, unified ?? "");
  const has = { cpu: "cpu" in mountOf, memory: "memory" in mountOf, pids: "pids" in mountOf };
  const swap = `${mountOf.memory}/memory.memsw.limit_in_bytes`;
  const version = unified === undefined ? "v1" : "hybrid";
  const countsSwap = has.memory && linux.exists(swap);
  return { version, mountOf, has, countsIo: false, countsSwap };
}

function unifiedLayout(
  linux: Linux,
  mountOf: CgroupLayout["mountOf"],
  unified: string,
): CgroupLayout {
  const found = new Set((linux.read(`${unified}/cgroup.controllers`) ?? "").trim().split(/\s+/));
  const has = { cpu: found.has("cpu"), memory: found.has("memory"), pids: found.has("pids") };
  // The root group has no swap file to look for: a kernel with swap counts it unless it was told not to.
  const countsSwap =
    linux.exists("/proc/swaps") && !/swapaccount=0/.test(linux.read("/proc/cmdline") ?? "");
  const countsIo = found.has("io");
  return { version: "v2", mountOf, has, countsIo, countsSwap: has.memory && countsSwap };
}

/** The hierarchies that a container's processes must be members of; each mount once. */
export function cgroupHierarchies(layout: CgroupLayout): readonly CgroupController[] {
  const names = Object.keys(layout.mountOf) as CgroupController[];
  const mounts = names.map((name) => layout.mountOf[name]);
  return names.filter((_, index) => mounts.indexOf(mounts[index]) === index);
}

/** A container's folder in one hierarchy: `flotilla/<instance>/<id>`; without an id the instance's own. */
export function cgroupFolder(
  layout: CgroupLayout,
  controller: CgroupController,
  instance: string,
  id?: string,
): string {
  const mount = layout.mountOf[controller];
  if (mount === undefined)
    throw new FleetError("UNSUPPORTED", `cgroup controller ${controller} is not mounted`);
  return [mount, "flotilla", instance, ...(id === undefined ? [] : [id])].join("/");
}
