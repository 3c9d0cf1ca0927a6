import { type CgroupLayout, cgroupFolder, detectCgroups } from "../../runtime/cgroup/layout.ts";
import { CgroupStats } from "../../runtime/cgroup/stats.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";

export interface CpuSeen {
  /** What the kernel was told to let it have, in per cent of a core; undefined when that is no bound. */
  readonly limit: number | undefined;
  /** What it took, in per cent of a core. */
  readonly share: number;
  readonly throttledMicros: number;
}

/**
 * The CPU that a container takes while `work` goes on: on a busy machine it may get less than its limit, but the limit is
 * what it is, and the container is held back where it would get more.
 */
export async function cpuWhile(
  instance: TestInstance,
  id: string,
  work: () => Promise<unknown>,
): Promise<CpuSeen> {
  using linux = new HostLinux();
  const { instance: own = "" } = readMark(instance.state) ?? {};
  const layout = detectCgroups(linux);
  const stats = new CgroupStats({ linux, layout, instance: own });
  const used = (): { cpuNanos: number; throttledMicros: number } => {
    const [usage] = stats.read([id]);
    if (usage?.details.throttledMicros === undefined) throw new Error(`${id} is not measured`);
    return { cpuNanos: usage.cpuNanos, throttledMicros: usage.details.throttledMicros };
  };
  const [began, before] = [process.hrtime.bigint(), used()];
  await work();
  const after = used();
  return {
    limit: limitOf(linux, layout, own, id),
    share: (100 * (after.cpuNanos - before.cpuNanos)) / Number(process.hrtime.bigint() - began),
    throttledMicros: after.throttledMicros - before.throttledMicros,
  };
}

function limitOf(
  linux: HostLinux,
  layout: CgroupLayout,
  instance: string,
  id: string,
): number | undefined {
  const read = (controller: "cpu" | "unified", file: string): string =>
    linux.read(`${cgroupFolder(layout, controller, instance, id)}/${file}`)?.trim() ?? "";
  const [quota, period] =
    layout.version === "v2"
      ? read("unified", "cpu.max").split(" ")
      : [read("cpu", "cpu.cfs_quota_us"), read("cpu", "cpu.cfs_period_us")];
  return quota === "max" || quota === "-1" ? undefined : (100 * Number(quota)) / Number(period);
}
