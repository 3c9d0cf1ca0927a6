import type { DetailColumn, UsageDetails } from "../../core/model/usage.ts";
import type { Linux } from "../linux/linux.ts";
import { type CgroupController, type CgroupLayout, cgroupFolder } from "./layout.ts";
import { ProcessIo } from "./process-io.ts";
import { type CgroupFile, type UsageFiles, usageFilesOf } from "./usage-files.ts";

/** Containers of one look whose details are read, too: a few microseconds each, whatever runs on the machine. */
const DETAILS_PER_LOOK = 64;

/** What one container used; memory is what the kernel charges it for, files it has read included. */
export interface CgroupUsage {
  readonly id: string;
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly pids: number;
  readonly details: UsageDetails;
}

/** A container's files with their paths, and what is remembered of it between looks. */
interface Followed {
  readonly pathOf: Map<CgroupFile, string>;
  readonly io: ProcessIo;
  pids: number;
  isNew: boolean;
}

/** Reads many containers' counters once a second: every file is opened once and read at offset 0 from then on. */
export class CgroupStats {
  readonly #linux: Linux;
  readonly #layout: CgroupLayout;
  readonly #instance: string;
  readonly #files: UsageFiles;
  readonly #followed = new Map<string, Followed>();
  #looks = 0;

  constructor(options: { linux: Linux; layout: CgroupLayout; instance: string }) {
    this.#linux = options.linux;
    this.#layout = options.layout;
    this.#instance = options.instance;
    this.#files = usageFilesOf(options.layout);
  }

  /**
   * Containers whose cgroup has gone are left out; what this machine cannot count is 0. CPU time and memory are read each
   * time, the number of processes and the details of at most DETAILS_PER_LOOK containers (and of new ones), in turns.
   */
  read(ids: readonly string[]): readonly CgroupUsage[] {
    this.#looks += 1;
    const turns = Math.max(1, Math.ceil(ids.length / DETAILS_PER_LOOK));
    return ids.flatMap((id, i) => this.#usageOf(id, (i + this.#looks) % turns === 0) ?? []);
  }

  /** How many processes of it the kernel killed for memory; 0 when its cgroup has gone. */
  oomKills(id: string): number {
    const { oom } = this.#files;
    const text = oom && this.#linux.read(this.#path(oom, id));
    return oom === undefined || text === undefined ? 0 : oom.read(text);
  }

  /** Closes what is open for one container: before its cgroup is removed. */
  forget(id: string): void {
    const controllers = Object.keys(this.#layout.mountOf) as CgroupController[];
    for (const controller of controllers)
      this.#linux.forget(cgroupFolder(this.#layout, controller, this.#instance, id));
    this.#followed.get(id)?.io.forgetAll();
    this.#followed.delete(id);
  }

  #usageOf(id: string, isTurn: boolean): CgroupUsage | undefined {
    const followed = this.#follow(id);
    const { cpu, memory, pids } = this.#files;
    const cpuNanos = this.#value(followed, cpu, id);
    const memoryBytes = this.#value(followed, memory, id);
    const looksDeeper = isTurn || followed.isNew;
    if (looksDeeper) followed.pids = this.#value(followed, pids, id) ?? -1;
    if (cpuNanos === undefined && memoryBytes === undefined && followed.pids < 0) {
      this.#followed.delete(id);
      return undefined;
    }
    const details = looksDeeper ? this.#detailsOf(followed, id) : {};
    followed.isNew = false;
    const [used, bytes, count] = [cpuNanos ?? 0, memoryBytes ?? 0, Math.max(0, followed.pids)];
    return { id, cpuNanos: used, memoryBytes: bytes, pids: count, details };
  }

  #detailsOf(followed: Followed, id: string): UsageDetails {
    const details: Partial<Record<DetailColumn, number>> = {};
    for (const file of this.#files.details) {
      const value = this.#value(followed, file, id);
      if (value !== undefined) details[file.column] = value;
    }
    const { asksProcesses } = this.#files;
    const processes = asksProcesses && this.#text(followed, asksProcesses, id);
    if (processes === undefined) return details;
    const { read, written } = followed.io.look(processes);
    return { ...details, readBytes: read, writtenBytes: written };
  }

  #follow(id: string): Followed {
    const known = this.#followed.get(id);
    if (known) return known;
    const io = new ProcessIo(this.#linux);
    const followed: Followed = { pathOf: new Map(), io, pids: -1, isNew: true };
    this.#followed.set(id, followed);
    return followed;
  }

  #value(followed: Followed, file: CgroupFile | undefined, id: string): number | undefined {
    const text = file && this.#text(followed, file, id);
    return file === undefined || text === undefined ? undefined : file.read(text);
  }

  #text({ pathOf }: Followed, file: CgroupFile, id: string): string | undefined {
    const path = pathOf.get(file) ?? this.#path(file, id);
    pathOf.set(file, path);
    return this.#linux.readKept(path);
  }

  #path({ controller, file }: CgroupFile, id: string): string {
    return `${cgroupFolder(this.#layout, controller, this.#instance, id)}/${file}`;
  }
}
