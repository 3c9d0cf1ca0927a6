import type { CgroupLayout } from "../cgroup/layout.ts";
import { CgroupStats } from "../cgroup/stats.ts";
import type { Linux } from "../linux/linux.ts";
import { kernelNames } from "../network/names.ts";
import { VethCounters } from "../network/veth-counters.ts";
import type { ContainerStats } from "./driver.ts";

/** What isolated containers use: their cgroups and their ends of the network, each in one pass over all. */
export class ShimStats {
  readonly #cgroups: CgroupStats;
  readonly #veths: VethCounters;

  constructor(options: { linux: Linux; layout: CgroupLayout; instance: string }) {
    const { linux, instance } = options;
    this.#cgroups = new CgroupStats(options);
    this.#veths = new VethCounters({ linux, names: kernelNames(instance) });
  }

  read(ids: readonly string[]): readonly ContainerStats[] {
    const networks = this.#veths.read(ids);
    return this.#cgroups
      .read(ids)
      .map((used) => ({ ...used, details: { ...used.details, ...networks.get(used.id) } }));
  }

  /** Closes what is open for one container: before its cgroup is removed. */
  forget(id: string): void {
    this.#cgroups.forget(id);
  }
}
