import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { type Linux, type Mount, parseMounts, READ_MAX } from "./linux.ts";
import { type ProcessStat, parseProcessStat } from "./proc-stat.ts";

/** A file that went away between two looks: ESRCH and ENODEV are how /proc and cgroup files say it. */
const GONE = new Set(["ENOENT", "ENOTDIR", "ESRCH", "ENODEV"]);
/** More files are opened anew for each read. */
const KEPT_MAX = 6_000;
/** A piece that is shorter than this is the last one. */
const PIECE_MIN = 2_048;
const MAKE_TRIES_MAX = 10;
const BUSY = new Set(["EBUSY", "ENOTEMPTY"]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function levelsOf(path: string): readonly string[] {
  const words = path.split("/");
  return words.slice(1).map((_, index) => words.slice(0, index + 2).join("/"));
}

function makeUnlessThere(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** The kernel of this machine. */
export class HostLinux implements Linux {
  readonly #kept = new Map<string, number>();
  /** Paths with a kept descriptor, by folder. */
  readonly #keptIn = new Map<string, Set<string>>();
  readonly #buffer = Buffer.allocUnsafe(READ_MAX);

  read(path: string): string | undefined {
    return this.#unlessGone(() => readFileSync(path, "utf8").slice(0, READ_MAX));
  }

  readKept(path: string): string | undefined {
    return this.#unlessGone(() => {
      const kept = this.#kept.get(path);
      if (kept === undefined && this.#kept.size >= KEPT_MAX)
        return readFileSync(path, "utf8").slice(0, READ_MAX);
      const descriptor = kept ?? this.#keep(path);
      try {
        return this.#buffer.toString("latin1", 0, this.#readAll(descriptor));
      } catch (error) {
        this.#letGo(path, descriptor);
        throw error;
      }
    });
  }

  forget(folder: string): void {
    for (const path of this.#keptIn.get(folder) ?? [])
      this.#letGo(path, this.#kept.get(path) ?? -1);
  }

  write(path: string, value: string): void {
    try {
      const descriptor = openSync(path, constants.O_WRONLY);
      try {
        writeSync(descriptor, value);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      const details = { path, value };
      const message = `cannot write ${JSON.stringify(value)} to ${path}: ${messageOf(error)}`;
      throw new FleetError(
        GONE.has(codeOf(error)) ? "NOT_FOUND" : "INTERNAL",
        message,
        details,
        error,
      );
    }
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  list(path: string): readonly string[] {
    return this.#unlessGone(() => readdirSync(path).sort()) ?? [];
  }

  /** Level by level: Node's own recursive mkdir never returns where the kernel answers ENOENT under a folder that is there. */
  makeFolder(path: string): void {
    for (let tries = 1; ; tries++) {
      try {
        for (const level of levelsOf(path)) if (!existsSync(level)) makeUnlessThere(level);
        return;
      } catch (error) {
        // Another instance that leaves takes a parent that both share with it when it was empty just then.
        if (codeOf(error) === "ENOENT" && tries < MAKE_TRIES_MAX) continue;
        const message = `cannot make ${path}: ${messageOf(error)}`;
        throw new FleetError("INTERNAL", message, { path }, error);
      }
    }
  }

  removeFolder(path: string): boolean {
    try {
      rmdirSync(path);
      return true;
    } catch (error) {
      if (GONE.has(codeOf(error))) return true;
      if (BUSY.has(codeOf(error))) return false;
      throw new FleetError(
        "INTERNAL",
        `cannot remove ${path}: ${messageOf(error)}`,
        { path },
        error,
      );
    }
  }

  mounts(): readonly Mount[] {
    return parseMounts(this.#unlessGone(() => readFileSync("/proc/self/mounts", "utf8")) ?? "");
  }

  processStat(pid: number): ProcessStat | undefined {
    const text = this.read(`/proc/${pid}/stat`);
    return text === undefined ? undefined : parseProcessStat(text);
  }

  processes(): readonly number[] {
    return this.list("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  }

  kill(pid: number, signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if (codeOf(error) === "ESRCH") return false;
      const message = `cannot send ${signal} to process ${pid}: ${messageOf(error)}`;
      throw new FleetError("FORBIDDEN", message, { pid, signal }, error);
    }
  }

  freeBytes(path: string): number {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  }

  [Symbol.dispose](): void {
    for (const [path, descriptor] of this.#kept) this.#letGo(path, descriptor);
  }

  #keep(path: string): number {
    const descriptor = openSync(path, constants.O_RDONLY);
    const folder = dirname(path);
    this.#kept.set(path, descriptor);
    this.#keptIn.set(folder, (this.#keptIn.get(folder) ?? new Set()).add(path));
    return descriptor;
  }

  #letGo(path: string, descriptor: number): void {
    const folder = dirname(path);
    const paths = this.#keptIn.get(folder);
    paths?.delete(path);
    if (paths?.size === 0) this.#keptIn.delete(folder);
    this.#kept.delete(path);
    closeSync(descriptor);
  }

  /** The kernel gives a long file in pieces of about a page; a short one is whole with its first. */
  #readAll(descriptor: number): number {
    let length = 0;
    for (;;) {
      const piece = readSync(descriptor, this.#buffer, length, READ_MAX - length, length);
      length += piece;
      if (piece < PIECE_MIN || length === READ_MAX) return length;
    }
  }

  #unlessGone<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      if (GONE.has(codeOf(error))) return undefined;
      throw new FleetError("INTERNAL", `cannot read: ${messageOf(error)}`, {}, error);
    }
  }
}
