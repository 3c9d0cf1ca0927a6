import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { leftDisks, takeAway } from "./small-disk.ts";

/** State folders of load tests begin so. */
export const STATE_PREFIX = "flotilla-load-";
const ROOT = join(import.meta.dirname, "../..");
const MARK = "runner.json";
const DOWN_WITHIN_MS = 120_000;

interface Runner {
  readonly pid: number;
  /** Numbers of processes come again; with the time of its start one does not. */
  readonly startedAt: string;
}

/** Says in a state folder which process uses it. */
export function markRunner(state: string): void {
  const runner: Runner = { pid: process.pid, startedAt: startOf(process.pid) ?? "" };
  writeFileSync(join(state, MARK), JSON.stringify(runner));
}

/** Takes down what runs left behind that were killed; their state folders, one after the other. */
export function takeDownLeftovers(): readonly string[] {
  const disks = leftDisks();
  const folders = [tmpdir(), ...disks]
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => basename(path).startsWith(STATE_PREFIX))
    .filter((state) => existsSync(join(state, MARK)) && !isRunning(state));
  for (const state of folders) {
    const env = { PATH: process.env.PATH, HOME: state, FLOTILLA_STATE: state };
    const { status, stderr } = spawnSync(join(ROOT, "bin/flotilla"), ["down", "--purge"], {
      ...{ env, encoding: "utf8", timeout: DOWN_WITHIN_MS },
    });
    // Another run may have done it meanwhile.
    if (status !== 0 && existsSync(state))
      throw new Error(`a run before left ${state}, which stays up: ${stderr}`);
    rmSync(state, { recursive: true, force: true });
    if (disks.includes(dirname(state))) takeAway(dirname(state));
  }
  return folders;
}

function isRunning(state: string): boolean {
  const { pid, startedAt } = JSON.parse(readFileSync(join(state, MARK), "utf8")) as Runner;
  return startOf(pid) === startedAt;
}

/** Since the machine's start, in its ticks; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
