import type { DetailColumn } from "../../core/model/usage.ts";
import type { CgroupController, CgroupLayout } from "./layout.ts";

/** One file of a container's cgroup, and how a number is found in its text. */
export interface CgroupFile {
  readonly controller: CgroupController;
  readonly file: string;
  readonly read: (text: string) => number;
}

/** The files in which this machine's kernel says what a container uses. */
export interface UsageFiles {
  /** Nanoseconds. */
  readonly cpu: CgroupFile | undefined;
  readonly memory: CgroupFile | undefined;
  readonly pids: CgroupFile | undefined;
  readonly oom: CgroupFile | undefined;
  readonly details: readonly (CgroupFile & { readonly column: DetailColumn })[];
  /** No file counts its reads and writes: its processes are asked one by one. */
  readonly asksProcesses: CgroupFile | undefined;
}

const whole = (text: string): number => Number.parseInt(text, 10) || 0;

/** The number behind a word at the beginning of a line; 0 when there is none. */
export function numberAfter(word: string, factor = 1): (text: string) => number {
  return (text) => {
    const first = text.startsWith(word);
    const at = first ? 0 : text.indexOf(`\n${word}`);
    return at < 0
      ? 0
      : (Number.parseInt(text.slice(at + word.length + (first ? 0 : 1)), 10) || 0) * factor;
  };
}

/** Microseconds in which somebody in it had to wait: `some … total=` of a pressure file. */
export function pressureOf(text: string): number {
  const at = text.indexOf("total=");
  return at < 0 ? 0 : Number.parseInt(text.slice(at + "total=".length), 10) || 0;
}

/** Over all devices: `8:0 rbytes=1 wbytes=2 …`. */
export function sumOf(key: string): (text: string) => number {
  const pattern = new RegExp(`\\b${key}=(\\d+)`, "g");
  return (text) => [...text.matchAll(pattern)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

const file = (
  controller: CgroupController,
  name: string,
  read: CgroupFile["read"],
): CgroupFile => ({ controller, file: name, read });

/**
 * CPU time comes from the v1 hierarchy where there is one: it costs a third of the cgroup2 tree's, which counts it too.
 * Pressure is in the cgroup2 tree only, also where the limits live in v1 hierarchies.
 */
export function usageFilesOf(layout: CgroupLayout): UsageFiles {
  const { version, mountOf, has } = layout;
  const inUnified = file("unified", "cpu.stat", numberAfter("usage_usec ", 1_000));
  const inCpuacct = file("cpuacct", "cpuacct.usage", whole);
  const v1Cpu = mountOf.cpuacct === undefined ? undefined : inCpuacct;
  const cpu = v1Cpu ?? (mountOf.unified === undefined ? undefined : inUnified);
  const home = version === "v2" ? "unified" : undefined;
  const pids = has.pids ? file(home ?? "pids", "pids.current", whole) : undefined;
  const group = mountOf.unified === undefined ? "memory" : "unified";
  const processes = mountOf[group] === undefined ? undefined : file(group, "cgroup.procs", whole);
  return {
    ...{ cpu, pids, ...memoryFiles(layout), details: detailsOf(layout) },
    asksProcesses: layout.countsIo ? undefined : processes,
  };
}

function memoryFiles({ version, has }: CgroupLayout): Pick<UsageFiles, "memory" | "oom"> {
  if (!has.memory) return { memory: undefined, oom: undefined };
  const oomKill = numberAfter("oom_kill ");
  if (version === "v2")
    return {
      memory: file("unified", "memory.current", whole),
      oom: file("unified", "memory.events", oomKill),
    };
  return {
    memory: file("memory", "memory.usage_in_bytes", whole),
    oom: file("memory", "memory.oom_control", oomKill),
  };
}

function detailsOf({ version, mountOf, has, countsIo }: CgroupLayout): UsageFiles["details"] {
  const throttled =
    version === "v2"
      ? file("unified", "cpu.stat", numberAfter("throttled_usec "))
      : file("cpu", "cpu.stat", numberAfter("throttled_time ", 1e-3));
  const io = (key: string): CgroupFile => file("unified", "io.stat", sumOf(key));
  const pressure = (what: string): CgroupFile => file("unified", `${what}.pressure`, pressureOf);
  return [
    ...(has.cpu ? [{ column: "throttledMicros" as const, ...throttled }] : []),
    ...(countsIo
      ? [
          { column: "readBytes" as const, ...io("rbytes") },
          { column: "writtenBytes" as const, ...io("wbytes") },
        ]
      : []),
    ...(mountOf.unified === undefined
      ? []
      : [
          { column: "cpuPressureMicros" as const, ...pressure("cpu") },
          { column: "memoryPressureMicros" as const, ...pressure("memory") },
          { column: "ioPressureMicros" as const, ...pressure("io") },
        ]),
  ];
}
