import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { arch, cpus, release } from "node:os";
import { join } from "node:path";

/** What a figure was measured on; without it a figure says nothing. */
export interface Machine {
  readonly cpus: number;
  readonly cpu: string | undefined;
  readonly arch: string;
  readonly kernel: string;
  readonly node: string;
}

export function machine(): Machine {
  const all = cpus();
  return {
    cpus: all.length,
    cpu: all[0]?.model,
    arch: arch(),
    kernel: release(),
    node: process.version,
  };
}

/** How long the disk takes for 4 KiB that must be on it: tells what figures of durable writes are worth. */
export function measureDisk(folder: string): { readonly p50Ms: number; readonly p99Ms: number } {
  const { O_RDWR, O_CREAT, O_DSYNC } = constants;
  const fd = openSync(join(folder, "disk"), O_RDWR | O_CREAT | O_DSYNC);
  const page = Buffer.alloc(4_096, 1);
  const latencies: number[] = [];
  for (let i = 0; i < 1_000; i++) {
    const before = performance.now();
    writeSync(fd, page, 0, page.length, (i % 100) * page.length);
    if (i >= 100) latencies.push(performance.now() - before);
  }
  closeSync(fd);
  latencies.sort((a, b) => a - b);
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) };
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function percentile(sorted: readonly number[], part: number): number {
  return round(sorted[Math.floor(sorted.length * part)] ?? 0);
}

const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process and its threads have taken so far. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds that all processors of the machine were busy so far, whoever used them. */
export function busySeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** Memory that a process holds now, in MiB. */
export function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
