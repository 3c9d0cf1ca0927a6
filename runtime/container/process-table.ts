import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Linux } from "../linux/linux.ts";
import { isAlive, TICKS_PER_SECOND } from "../linux/proc-stat.ts";

const run = promisify(execFile);

export interface ProcessUsage {
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly pids: number;
}

/** What a machine says about its processes: /proc on Linux, `ps` elsewhere. */
export interface ProcessTable {
  /** With the pid it names one process for good; undefined when there is none (a zombie has ended). */
  identity(pid: number): Promise<string | undefined>;
  /** The words a process was started with, joined by blanks. */
  command(pid: number): Promise<string>;
  /** Living members of process groups. */
  groups(groups: ReadonlySet<number>): Promise<ReadonlyMap<number, ProcessUsage>>;
  /** Living members of a group that were started with this row in their environment; none where that cannot be seen. */
  marked(group: number, row: string): Promise<readonly number[]>;
}

/** Reads /proc. The boot's id belongs to an identity: after a reboot pid and start tick may be the same by chance. */
export class ProcTable implements ProcessTable {
  readonly #linux: Linux;
  readonly #boot: string;

  constructor(linux: Linux) {
    this.#linux = linux;
    this.#boot = (linux.read("/proc/sys/kernel/random/boot_id") ?? "").trim();
  }

  async identity(pid: number): Promise<string | undefined> {
    const stat = this.#linux.processStat(pid);
    return isAlive(stat) ? `${this.#boot}:${stat.startTicks}` : undefined;
  }

  async command(pid: number): Promise<string> {
    return (this.#linux.read(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ");
  }

  async groups(groups: ReadonlySet<number>): Promise<ReadonlyMap<number, ProcessUsage>> {
    const usage = new Map<number, ProcessUsage>();
    for (const pid of groups.size > 0 ? this.#linux.processes() : []) {
      const stat = this.#linux.processStat(pid);
      if (!isAlive(stat) || !groups.has(stat.group)) continue;
      const cpuNanos = (stat.cpuTicks * 1e9) / TICKS_PER_SECOND;
      add(usage, stat.group, { cpuNanos, memoryBytes: this.#residentBytes(pid), pids: 1 });
    }
    return usage;
  }

  async marked(group: number, row: string): Promise<readonly number[]> {
    return this.#linux.processes().filter((pid) => {
      const stat = this.#linux.processStat(pid);
      if (!isAlive(stat) || stat.group !== group) return false;
      return this.#environment(pid).includes(row);
    });
  }

  /** Another user's is not for us to read, and then not ours. */
  #environment(pid: number): readonly string[] {
    try {
      return (this.#linux.read(`/proc/${pid}/environ`) ?? "").split("\0");
    } catch {
      return [];
    }
  }

  #residentBytes(pid: number): number {
    const status = this.#linux.read(`/proc/${pid}/status`) ?? "";
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }
}

/** Asks `ps`, as POSIX has it: for machines without /proc. */
export class PsTable implements ProcessTable {
  async identity(pid: number): Promise<string | undefined> {
    const [state = "", start = ""] = splitOnce(
      await ps(["-o", "stat=,lstart=", "-p", String(pid)]),
    );
    return start === "" || state.startsWith("Z") ? undefined : start;
  }

  async command(pid: number): Promise<string> {
    return (await ps(["-ww", "-o", "args=", "-p", String(pid)])).trim();
  }

  async groups(groups: ReadonlySet<number>): Promise<ReadonlyMap<number, ProcessUsage>> {
    const usage = new Map<number, ProcessUsage>();
    const rows =
      groups.size > 0 ? (await ps(["-A", "-o", "pgid=,stat=,time=,rss="])).split("\n") : [];
    for (const row of rows) {
      const [group, state = "Z", time = "", kilobytes] = row.trim().split(/\s+/);
      if (!groups.has(Number(group)) || state.startsWith("Z")) continue;
      const memoryBytes = Number(kilobytes) * 1024;
      add(usage, Number(group), { cpuNanos: cpuSeconds(time) * 1e9, memoryBytes, pids: 1 });
    }
    return usage;
  }

  async marked(): Promise<readonly number[]> {
    return [];
  }
}

/** `[[days-]hours:]minutes:seconds[.hundredths]`. */
export function cpuSeconds(time: string): number {
  const [clock = "", days = "0"] = time.split("-").reverse();
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

async function ps(args: readonly string[]): Promise<string> {
  return run("/bin/ps", args, { env: { LC_ALL: "C", TZ: "UTC" } }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}

function splitOnce(text: string): readonly string[] {
  const trimmed = text.trim();
  const at = trimmed.indexOf(" ");
  return at < 0 ? [trimmed] : [trimmed.slice(0, at), trimmed.slice(at).trim()];
}

function add(usage: Map<number, ProcessUsage>, group: number, more: ProcessUsage): void {
  const { cpuNanos, memoryBytes, pids } = usage.get(group) ?? {
    cpuNanos: 0,
    memoryBytes: 0,
    pids: 0,
  };
  usage.set(group, {
    cpuNanos: cpuNanos + more.cpuNanos,
    memoryBytes: memoryBytes + more.memoryBytes,
    pids: pids + more.pids,
  });
}
