import type { Linux } from "../linux/linux.ts";
import { type CgroupController, type CgroupLayout, cgroupFolder } from "./layout.ts";

/** What one container used; memory is what the kernel charges it for, files it has read included. */
export interface CgroupUsage {
  readonly id: string;
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly pids: number;
}

interface Source {
  readonly controller: CgroupController;
  readonly file: string;
  readonly read: (text: string) => number;
}
interface Sources {
  readonly cpu: Source | undefined;
  readonly memory: Source | undefined;
  readonly pids: Source | undefined;
  readonly oom: Source | undefined;
}

/** Reads many containers' counters once a second: every file is opened once and read at offset 0 from then on. */
export class CgroupStats {
  readonly #linux: Linux;
  readonly #layout: CgroupLayout;
  readonly #instance: string;
  readonly #sources: Sources;

  constructor(options: { linux: Linux; layout: CgroupLayout; instance: string }) {
    this.#linux = options.linux;
    this.#layout = options.layout;
    this.#instance = options.instance;
    this.#sources = sourcesOf(options.layout);
  }

  /** Containers whose cgroup has gone are left out. What this machine cannot count is 0. */
  read(ids: readonly string[]): readonly CgroupUsage[] {
    return ids.flatMap((id) => {
      const cpuNanos = this.#value(this.#sources.cpu, id);
      const memoryBytes = this.#value(this.#sources.memory, id);
      const pids = this.#value(this.#sources.pids, id);
      const gone = [cpuNanos, memoryBytes, pids].every((value) => value === undefined);
      if (gone) return [];
      return [{ id, cpuNanos: cpuNanos ?? 0, memoryBytes: memoryBytes ?? 0, pids: pids ?? 0 }];
    });
  }

  /** How many processes of it the kernel killed for memory; 0 when its cgroup has gone. */
  oomKills(id: string): number {
    const source = this.#sources.oom;
    if (source === undefined) return 0;
    const text = this.#linux.read(this.#path(source, id));
    return text === undefined ? 0 : source.read(text);
  }

  /** Closes what is open for one container: before its cgroup is removed. */
  forget(id: string): void {
    for (const source of Object.values(this.#sources) as (Source | undefined)[])
      if (source)
        this.#linux.forget(cgroupFolder(this.#layout, source.controller, this.#instance, id));
  }

  #value(source: Source | undefined, id: string): number | undefined {
    if (source === undefined) return undefined;
    const text = this.#linux.readKept(this.#path(source, id));
    return text === undefined ? undefined : source.read(text);
  }

  #path({ controller, file }: Source, id: string): string {
    return `${cgroupFolder(this.#layout, controller, this.#instance, id)}/${file}`;
  }
}

const whole = (text: string): number => Number.parseInt(text, 10) || 0;
function named(key: string, factor: number): (text: string) => number {
  const line = new RegExp(`^${key} (\\d+)$`, "m");
  return (text) => Number(line.exec(text)?.[1] ?? 0) * factor;
}
const source = (
  controller: CgroupController,
  file: string,
  read: (text: string) => number,
): Source => ({ controller, file, read });

/** CPU time is counted in every cgroup2 tree, also where the limits live in v1 hierarchies. */
function sourcesOf({ version, mountOf, has }: CgroupLayout): Sources {
  const inUnified = source("unified", "cpu.stat", named("usage_usec", 1000));
  const inCpuacct = source("cpuacct", "cpuacct.usage", whole);
  const v1Cpu = mountOf.cpuacct === undefined ? undefined : inCpuacct;
  const cpu = mountOf.unified === undefined ? v1Cpu : inUnified;
  const home = version === "v2" ? "unified" : undefined;
  const pids = has.pids ? source(home ?? "pids", "pids.current", whole) : undefined;
  if (!has.memory) return { cpu, pids, memory: undefined, oom: undefined };
  const oomKill = named("oom_kill", 1);
  if (home !== undefined) {
    const memory = source(home, "memory.current", whole);
    return { cpu, pids, memory, oom: source(home, "memory.events", oomKill) };
  }
  const memory = source("memory", "memory.usage_in_bytes", whole);
  return { cpu, pids, memory, oom: source("memory", "memory.oom_control", oomKill) };
}
