import { resolve } from "node:path";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { Linux } from "../../runtime/linux/linux.ts";
import type { Config } from "../config.ts";

export interface PortRange {
  readonly min: number;
  readonly max: number;
}
/** An agent of another state folder that runs on this machine. */
export interface OtherInstance {
  readonly state: string;
  readonly ports: PortRange;
}

export function portRangeOf(text: string): PortRange {
  const [min = 0, max = 0] = text.split("-").map(Number);
  return { min, max };
}

/** The agents that run here for other state folders than `ours`, by what they were started with. */
export function otherInstances(
  linux: Pick<Linux, "processes" | "read">,
  ours: string,
): readonly OtherInstance[] {
  return linux.processes().flatMap((pid) => {
    const argv = (linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0");
    const flag = (name: string): string => argv[argv.indexOf(name) + 1] ?? "";
    const isAgent = argv.includes("agent") && argv.includes("--state");
    if (!isAgent || !argv.includes("--port-range")) return [];
    const state = resolve(flag("--state"));
    return state === resolve(ours) ? [] : [{ state, ports: portRangeOf(flag("--port-range")) }];
  });
}

/** Whose game ports are also ours: the kernel would give what players send to one of the two only. Pure. */
export function sharingPorts(
  ports: PortRange,
  others: readonly OtherInstance[],
): readonly OtherInstance[] {
  return others.filter((other) => other.ports.min <= ports.max && ports.min <= other.ports.max);
}

/** One sentence for people; undefined when nobody shares them. */
export function sharedPortsText(
  range: string,
  others: readonly OtherInstance[],
): string | undefined {
  const sharing = sharingPorts(portRangeOf(range), others);
  if (sharing.length === 0) return undefined;
  const shown = sharing.map(({ state, ports }) => `${state} (${ports.min}-${ports.max})`);
  return `game ports ${range} are also those of ${shown.join(", ")}`;
}

/** Who else on this machine has the same game ports, in a sentence; looked up now. */
export function sharedPorts({
  state,
  portRange,
}: Pick<Config, "state" | "portRange">): string | undefined {
  using linux = new HostLinux();
  return sharedPortsText(portRange, otherInstances(linux, state));
}
