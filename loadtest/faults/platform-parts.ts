import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const PARTS = ["server", "agent", "shim", "door"] as const;
export type PlatformPart = (typeof PARTS)[number];

/** The processes of one instance, by the ids that it wrote, or that its `up` gave its children; never by a name alone. */
export class PlatformParts {
  readonly #state: string;
  readonly #up: number;

  /** `up`: the process that was started for the run. */
  constructor(state: string, up: number) {
    this.#state = state;
    this.#up = up;
  }

  /** The process of a part; undefined while there is none. */
  pid(part: PlatformPart): number | undefined {
    return part === "door" || part === "shim" ? this.#written(part) : this.#childOfUp(part);
  }

  /** kill -9; the process that it was. Throws when it does not run just then. */
  kill(part: PlatformPart): number {
    const pid = this.pid(part);
    if (pid === undefined) throw new Error(`the ${part} does not run, so it cannot be killed`);
    process.kill(pid, "SIGKILL");
    return pid;
  }

  #written(part: string): number | undefined {
    try {
      const file = join(this.#state, "run", `${part}.json`);
      const { pid } = JSON.parse(readFileSync(file, "utf8")) as { readonly pid?: unknown };
      return typeof pid === "number" && isAlive(pid) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  #childOfUp(part: string): number | undefined {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .find((pid) => {
        if (!isAlive(pid) || statOf(pid)?.parent !== this.#up) return false;
        return read(`/proc/${pid}/cmdline`).split("\0").includes(part);
      });
  }
}

/** True of a process that runs; one that ended and was not looked at yet does not. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== "Z";
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" ? undefined : { state: state ?? "", parent: Number(parent) };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
