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
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { type Linux, type Mount, parseMounts, READ_MAX } from "./linux.ts";
import { type ProcessStat, parseProcessStat } from "./proc-stat.ts";

/** A file that went away between two looks: ESRCH and ENODEV are how /proc and cgroup files say it. */
const GONE = new Set(["ENOENT", "ENOTDIR", "ESRCH", "ENODEV"]);
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
  readonly #buffer = Buffer.allocUnsafe(READ_MAX);

  read(path: string): string | undefined {
    return this.#unlessGone(() => readFileSync(path, "utf8").slice(0, READ_MAX));
  }

  readKept(path: string): string | undefined {
    return this.#unlessGone(() => {
      let descriptor = this.#kept.get(path);
      if (descriptor === undefined) {
        descriptor = openSync(path, constants.O_RDONLY);
        this.#kept.set(path, descriptor);
      }
      try {
        const length = readSync(descriptor, this.#buffer, 0, READ_MAX, 0);
        return this.#buffer.toString("utf8", 0, length);
      } catch (error) {
        this.#kept.delete(path);
        closeSync(descriptor);
        throw error;
      }
    });
  }

  forget(folder: string): void {
    for (const [path, descriptor] of this.#kept) {
      if (!path.startsWith(`${folder}/`)) continue;
      this.#kept.delete(path);
      closeSync(descriptor);
    }
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
    for (const descriptor of this.#kept.values()) closeSync(descriptor);
    this.#kept.clear();
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
