import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { systemClock } from "../../core/std/clock.ts";
import { prepareInstance, removeCgroup } from "../cgroup/instance.ts";
import { cgroupFolder, cgroupHierarchies, detectCgroups } from "../cgroup/layout.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { ShimStats } from "./shim-stats.ts";

/*
 * What it costs a machine's agent to measure so many containers once a second, in percent of a core: real cgroups with a process in
 * each, read as the agent reads them. One line of JSON. Needs root.
 */
const { values } = parseArgs({
  options: {
    containers: { type: "string", default: "500" },
    sweeps: { type: "string", default: "100" },
  },
});
const linux = new HostLinux();
const layout = detectCgroups(linux);
const instance = (0xc000 + (process.pid % 0x3fff)).toString(16);
const hex = (i: number): string => i.toString(16).padStart(12, "0");
const ids = Array.from({ length: Number(values.containers) }, (_, i) => hex(i));
const foldersOf = (id: string): string[] =>
  cgroupHierarchies(layout).map((controller) => cgroupFolder(layout, controller, instance, id));

/** One shell that is the parent of all: each child joins its own groups and sleeps. */
async function sleepers(): Promise<Disposable> {
  for (const id of ids) for (const folder of foldersOf(id)) linux.makeFolder(folder);
  const lines = ids.map((id) => {
    const joins = foldersOf(id).map((folder) => `echo 0 > ${folder}/cgroup.procs`);
    return `(${joins.join("; ")}; exec sleep 1000) &`;
  });
  const shell = spawn("/bin/sh", { stdio: ["pipe", "pipe", "inherit"], detached: true });
  shell.stdin.end(`${lines.join("\n")}\necho ready; wait`);
  await once(shell.stdout, "data");
  return { [Symbol.dispose]: () => void process.kill(-(shell.pid ?? 0), "SIGKILL") };
}

/** The agent makes JSON of what it read, too. */
function sweep(stats: ShimStats): number {
  return JSON.stringify(stats.read(ids)).length;
}

async function measure(): Promise<object> {
  using _sleepers = await sleepers();
  const stats = new ShimStats({ linux, layout, instance });
  for (let i = 0; i < 20; i++) sweep(stats);
  const sweeps = Number(values.sweeps);
  const before = process.cpuUsage();
  for (let i = 0; i < sweeps; i++) sweep(stats);
  const { user, system } = process.cpuUsage(before);
  const cpuMs = Math.round((user + system) / 10 / sweeps) / 100;
  const percentOfCore = Math.round(cpuMs * 10) / 100;
  for (const id of ids) stats.forget(id);
  return {
    containers: ids.length,
    cgroups: layout.version,
    cpuMs,
    percentOfCore,
    load: loadavg()[0],
  };
}

prepareInstance(linux, layout, instance);
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await removeCgroup(
    linux,
    layout,
    { instance },
    { clock: systemClock, triesMax: 200, pauseMs: 20 },
  );
}
