import { dirname } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { type Linux, type Mount, parseMounts } from "./linux.ts";
import { type ProcessStat, parseProcessStat } from "./proc-stat.ts";

/** A kernel made of a map of files: what a test wrote there is what is read. It keeps each write in order. */
export class FakeLinux implements Linux {
  readonly files: Map<string, string>;
  readonly folders: Set<string> = new Set<string>();
  readonly writes: { path: string; value: string }[] = [];
  readonly kills: { pid: number; signal: NodeJS.Signals | 0 }[] = [];
  /** Paths with a kept descriptor. */
  readonly kept: Set<string> = new Set<string>();
  /** Folders that cannot be removed yet. */
  readonly busy: Set<string> = new Set<string>();
  free = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files));
  }

  read(path: string): string | undefined {
    return this.files.get(path);
  }

  readKept(path: string): string | undefined {
    const text = this.files.get(path);
    if (text === undefined) this.kept.delete(path);
    else this.kept.add(path);
    return text;
  }

  forget(folder: string): void {
    for (const path of this.kept) if (dirname(path) === folder) this.kept.delete(path);
  }

  write(path: string, value: string): void {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!this.files.has(path) && !this.folders.has(folder))
      throw new FleetError("NOT_FOUND", `cannot write ${value} to ${path}: no such file`, { path });
    this.writes.push({ path, value });
    this.files.set(path, value);
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.list(path).length > 0 || this.folders.has(path);
  }

  list(path: string): readonly string[] {
    const names = [...this.files.keys(), ...this.folders]
      .filter((known) => known.startsWith(`${path}/`))
      .map((known) => known.slice(path.length + 1).split("/")[0] ?? "");
    return [...new Set(names)].sort();
  }

  makeFolder(path: string): void {
    const words = path.split("/");
    for (let end = 2; end <= words.length; end++) this.folders.add(words.slice(0, end).join("/"));
  }

  removeFolder(path: string): boolean {
    const inside = [...this.folders].some((known) => known.startsWith(`${path}/`));
    if (inside || this.busy.has(path)) return false;
    this.folders.delete(path);
    for (const file of this.files.keys()) if (file.startsWith(`${path}/`)) this.files.delete(file);
    return true;
  }

  mounts(): readonly Mount[] {
    return parseMounts(this.files.get("/proc/self/mounts") ?? "");
  }

  processStat(pid: number): ProcessStat | undefined {
    return parseProcessStat(this.files.get(`/proc/${pid}/stat`) ?? "");
  }

  processes(): readonly number[] {
    return this.list("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  }

  kill(pid: number, signal: NodeJS.Signals | 0): boolean {
    this.kills.push({ pid, signal });
    return this.files.has(`/proc/${Math.abs(pid)}/stat`);
  }

  freeBytes(): number {
    return this.free;
  }

  [Symbol.dispose](): void {
    this.kept.clear();
  }
}
