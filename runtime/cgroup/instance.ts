import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Linux } from "../linux/linux.ts";
import { type CgroupLayout, cgroupFolder, cgroupHierarchies, type Resource } from "./layout.ts";
import type { CgroupWrite } from "./writes.ts";

/**
 * Makes `flotilla/<instance>` in every hierarchy, ready for containers below it. On v2 the controllers are handed down
 * from the root: only groups without processes may do that, and none of ours has any.
 */
export function prepareInstance(linux: Linux, layout: CgroupLayout, instance: string): void {
  for (const controller of cgroupHierarchies(layout))
    linux.makeFolder(cgroupFolder(layout, controller, instance));
  if (layout.version !== "v2") return;
  const root = layout.mountOf.unified ?? "";
  for (const folder of [root, `${root}/flotilla`, `${root}/flotilla/${instance}`])
    handDown(linux, layout, folder);
}

function handDown(linux: Linux, layout: CgroupLayout, folder: string): void {
  const file = `${folder}/cgroup.subtree_control`;
  const given = new Set((linux.read(file) ?? "").trim().split(/\s+/));
  const limits = (["cpu", "memory", "pids"] satisfies Resource[]).filter((r) => layout.has[r]);
  for (const controller of [...limits, ...(layout.countsIo ? ["io"] : [])])
    if (!given.has(controller)) linux.write(file, `+${controller}`);
}

/** Makes one container's cgroup where it is not there yet, and writes its limits. */
export function applyCgroup(
  linux: Linux,
  layout: CgroupLayout,
  { instance, id, writes }: { instance: string; id: string; writes: readonly CgroupWrite[] },
): void {
  for (const controller of cgroupHierarchies(layout))
    linux.makeFolder(cgroupFolder(layout, controller, instance, id));
  for (const { controller, file, value } of writes)
    linux.write(`${cgroupFolder(layout, controller, instance, id)}/${file}`, value);
}

export interface RemoveOptions {
  readonly clock: Clock;
  /** The kernel needs a moment after the last process has gone: EBUSY until then. */
  readonly triesMax: number;
  readonly pauseMs: number;
}

/** Removes one container's cgroups, or with no id the whole instance's; its processes must have ended. */
export async function removeCgroup(
  linux: Linux,
  layout: CgroupLayout,
  of: { readonly instance: string; readonly id?: string },
  options: RemoveOptions,
): Promise<void> {
  for (const controller of cgroupHierarchies(layout)) {
    const folder = cgroupFolder(layout, controller, of.instance, of.id);
    if (of.id === undefined)
      for (const id of linux.list(folder))
        if (linux.exists(`${folder}/${id}/cgroup.procs`))
          await removeFolder(linux, `${folder}/${id}`, options);
    await removeFolder(linux, folder, options);
    // Other instances may live in the shared parent: it goes with the last of them.
    if (of.id === undefined) linux.removeFolder(folder.slice(0, folder.lastIndexOf("/")));
  }
}

async function removeFolder(linux: Linux, folder: string, options: RemoveOptions): Promise<void> {
  linux.forget(folder);
  for (let attempt = 0; attempt < options.triesMax; attempt++) {
    if (linux.removeFolder(folder)) return;
    await options.clock.sleep(options.pauseMs);
  }
  throw new FleetError("FAILED_PRECONDITION", `cgroup ${folder} still has processes`, { folder });
}
