import type { Limits } from "../../core/model/container-plan.ts";
import type { CgroupController, CgroupLayout } from "./layout.ts";

/** One value for one file of a container's cgroup in one hierarchy. */
export interface CgroupWrite {
  readonly controller: CgroupController;
  readonly file: string;
  readonly value: string;
}

const PERIOD_US = 100_000;
/** The kernel refuses a quota below one millisecond. */
const QUOTA_US_MIN = 1_000;

/**
 * What makes `limits` true, in the order in which it must be written, for a new cgroup as well as for a change. A limit
 * that the machine cannot keep has no write: `CgroupLayout.has` says so, and the node's isolation line must too.
 */
export function cgroupWrites(layout: CgroupLayout, limits: Limits): readonly CgroupWrite[] {
  const { cpuMilli, memoryBytes, pidsMax } = limits;
  const quotaUs = Math.max(QUOTA_US_MIN, Math.round((cpuMilli * PERIOD_US) / 1000));
  const v2 = layout.version === "v2";
  return [
    ...(layout.has.cpu ? cpuWrites(v2, cpuMilli === 0 ? undefined : quotaUs) : []),
    ...(layout.has.memory ? memoryWrites(v2, layout.countsSwap, memoryBytes) : []),
    ...(layout.has.pids ? [pidsWrite(v2, pidsMax)] : []),
  ];
}

function cpuWrites(v2: boolean, quotaUs: number | undefined): CgroupWrite[] {
  if (v2) {
    const value = `${quotaUs ?? "max"} ${PERIOD_US}`;
    return [{ controller: "unified", file: "cpu.max", value }];
  }
  return [
    { controller: "cpu", file: "cpu.cfs_period_us", value: String(PERIOD_US) },
    { controller: "cpu", file: "cpu.cfs_quota_us", value: String(quotaUs ?? -1) },
  ];
}

/**
 * No swap: a game server that swaps is worse than one that ends. `memory.oom.group` stays off, so that the kernel ends
 * the game and not the init beside it, which then writes down how it ended; v1 does the same.
 * On v1 memory + swap must never be below memory: it is opened first, so that raising and lowering both pass.
 */
function memoryWrites(v2: boolean, countsSwap: boolean, bytes: number): CgroupWrite[] {
  if (v2) {
    const value = bytes === 0 ? "max" : String(bytes);
    const swap: CgroupWrite = { controller: "unified", file: "memory.swap.max", value: "0" };
    return [...(countsSwap ? [swap] : []), { controller: "unified", file: "memory.max", value }];
  }
  const value = bytes === 0 ? "-1" : String(bytes);
  const limit: CgroupWrite = { controller: "memory", file: "memory.limit_in_bytes", value };
  if (!countsSwap) return [limit];
  const both = "memory.memsw.limit_in_bytes";
  return [
    { controller: "memory", file: both, value: "-1" },
    limit,
    { controller: "memory", file: both, value },
  ];
}

function pidsWrite(v2: boolean, pidsMax: number): CgroupWrite {
  const value = pidsMax === 0 ? "max" : String(pidsMax);
  return { controller: v2 ? "unified" : "pids", file: "pids.max", value };
}
