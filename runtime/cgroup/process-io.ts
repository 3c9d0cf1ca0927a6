import type { Linux } from "../linux/linux.ts";
import { numberAfter } from "./usage-files.ts";

/** Processes of one container that are asked; of a container with more, the first ones count. */
const PROCESSES_MAX = 64;
const readOf = numberAfter("read_bytes: ");
const writtenOf = numberAfter("write_bytes: ");

interface Bytes {
  readonly read: number;
  readonly written: number;
}

/**
 * What a container's processes read from disks and wrote to them, where no cgroup counts it (v1: only under a limit). The
 * sum never goes back: what a process did until it was last seen stays counted when it has ended.
 */
export class ProcessIo {
  readonly #linux: Linux;
  readonly #seen = new Map<number, Bytes>();
  #read = 0;
  #written = 0;

  constructor(linux: Linux) {
    this.#linux = linux;
  }

  /** `processes` is the text of `cgroup.procs`. */
  look(processes: string): Bytes {
    const pids = processes.split("\n", PROCESSES_MAX).map(Number);
    for (const pid of pids) if (pid > 0) this.#add(pid);
    if (this.#seen.size > PROCESSES_MAX)
      for (const pid of this.#seen.keys()) if (!pids.includes(pid)) this.#forget(pid);
    return { read: this.#read, written: this.#written };
  }

  forgetAll(): void {
    for (const pid of this.#seen.keys()) this.#forget(pid);
  }

  #add(pid: number): void {
    const text = this.#textOf(pid);
    if (text === undefined) {
      this.#forget(pid);
      return;
    }
    const is = { read: readOf(text), written: writtenOf(text) };
    const was = this.#seen.get(pid) ?? NOTHING;
    this.#read += Math.max(0, is.read - was.read);
    this.#written += Math.max(0, is.written - was.written);
    this.#seen.set(pid, is);
  }

  /** One that may not be asked counts nothing: everything else of its container is told all the same. */
  #textOf(pid: number): string | undefined {
    try {
      return this.#linux.readKept(`/proc/${pid}/io`);
    } catch {
      return undefined;
    }
  }

  #forget(pid: number): void {
    this.#seen.delete(pid);
    this.#linux.forget(`/proc/${pid}`);
  }
}
const NOTHING: Bytes = { read: 0, written: 0 };
