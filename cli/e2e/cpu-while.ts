import { detectCgroups } from "../../runtime/cgroup/layout.ts";
import { CgroupStats } from "../../runtime/cgroup/stats.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";

/**
 * Which part of a core a container takes while `work` goes on, in per cent, and for how many microseconds the kernel held it
 * back: on a busy machine a container may get less than its limit, but is held back where it would get more.
 */
export async function cpuWhile(
  instance: TestInstance,
  id: string,
  work: () => Promise<unknown>,
): Promise<{ readonly share: number; readonly throttledMicros: number }> {
  using linux = new HostLinux();
  const { instance: own = "" } = readMark(instance.state) ?? {};
  const stats = new CgroupStats({ linux, layout: detectCgroups(linux), instance: own });
  const used = (): { cpuNanos: number; throttledMicros: number } => {
    const [usage] = stats.read([id]);
    if (usage?.details.throttledMicros === undefined) throw new Error(`${id} is not measured`);
    return { cpuNanos: usage.cpuNanos, throttledMicros: usage.details.throttledMicros };
  };
  const [began, before] = [process.hrtime.bigint(), used()];
  await work();
  const after = used();
  return {
    share: (100 * (after.cpuNanos - before.cpuNanos)) / Number(process.hrtime.bigint() - began),
    throttledMicros: after.throttledMicros - before.throttledMicros,
  };
}
