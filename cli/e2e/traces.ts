import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { detectCgroups } from "../../runtime/cgroup/layout.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { isAlive } from "../../runtime/linux/proc-stat.ts";
import { NAMESPACES } from "./look-inside.ts";

/** What an instance leaves on a machine, one line each. What carries the id of another instance is left out. */
export interface Traces {
  readonly links: readonly string[];
  readonly tables: readonly string[];
  readonly cgroups: readonly string[];
  readonly mounts: readonly string[];
  /** Whose command line names the state folder, all their children, and who is in a namespace of one of them. */
  readonly processes: readonly string[];
  /** Of those processes, but for the ones that are this test's too. */
  readonly namespaces: readonly string[];
}

export function tracesOf(state: string, instance: string): Traces {
  const isStrangers = (name: string): boolean =>
    [...name.matchAll(/(?:flotilla[_/]|^flt|^fv)([0-9a-f]{4})/g)].some(([, id]) => id !== instance);
  // Other programs of this machine make and remove theirs meanwhile.
  const isOurs = (name: string): boolean => /^flt|^fv|flotilla_/.test(name);
  using linux = new HostLinux();
  const { mountOf } = detectCgroups(linux);
  const groups = [...new Set(Object.values(mountOf))].flatMap((mount) =>
    below(`${mount}/flotilla`),
  );
  const family = processesOf(linux, state);
  const own = new Set(family.flatMap(namespaces).filter((one) => !OWN.has(one)));
  // Who left the family but not its namespaces counts too. The kernel gives a namespace's number to another one later.
  const pids = linux
    .processes()
    .filter((pid) => family.includes(pid) || namespaces(pid).some((one) => own.has(one)));
  const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" }).trim().split("\n");
  return {
    links: readdirSync("/sys/class/net").filter((name) => isOurs(name) && !isStrangers(name)),
    tables: tables.filter((table) => isOurs(table) && !isStrangers(table)),
    cgroups: groups.filter((group) => !isStrangers(group)),
    mounts: linux
      .mounts()
      .map(({ target, type }) => `${type} ${target}`)
      .filter((mount) => mount.includes(state)),
    processes: pids.map((pid) => `${pid} ${linux.processStat(pid)?.startTicks}`),
    namespaces: [...own],
  };
}

/** The processes of `found` that are still there. */
export function livingProcesses(found: readonly string[]): readonly string[] {
  using linux = new HostLinux();
  return found.filter((one) => {
    const [pid, ticks] = one.split(" ");
    const stat = linux.processStat(Number(pid));
    // Who was killed with all that would wait for it is reaped by the machine, in its own time.
    return isAlive(stat) && stat.startTicks === ticks;
  });
}

function namespaces(pid: number): readonly string[] {
  return NAMESPACES.flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/${name}`)];
    } catch {
      return [];
    }
  });
}
const OWN: ReadonlySet<string> = new Set(namespaces(process.pid));

/** Folders below a control group, itself left out: it is every instance's, and goes with the last. */
function below(group: string): readonly string[] {
  try {
    const folders = readdirSync(group, { withFileTypes: true }).filter((one) => one.isDirectory());
    const paths = folders.map(({ name }) => `${group}/${name}`);
    return [...paths, ...paths.flatMap(below)];
  } catch {
    // Another instance's group went away in between.
    return [];
  }
}

function processesOf(linux: HostLinux, state: string): readonly number[] {
  const rows = linux
    .processes()
    .map((pid) => ({ pid, parent: linux.processStat(pid)?.parent, words: wordsOf(pid) }));
  const found = new Set(rows.filter(({ words }) => words.includes(state)).map(({ pid }) => pid));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of rows)
      if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  return [...found].sort((a, b) => a - b);
}

function wordsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
