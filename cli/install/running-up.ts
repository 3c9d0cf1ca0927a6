import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { isAlive } from "../../runtime/linux/proc-stat.ts";
import type { Texts } from "../config.ts";
import type { UpRecord } from "../up/up-record.ts";
import type { InstallLayout } from "./layout.ts";

/** One life of a process: another one may get its number later. */
export interface Life {
  readonly pid: number;
  readonly startTicks: string;
}

export function lifeOf(pid: number): Life {
  using linux = new HostLinux();
  return { pid, startTicks: linux.processStat(pid)?.startTicks ?? "" };
}

export function lives({ pid, startTicks }: Life): boolean {
  using linux = new HostLinux();
  const stat = linux.processStat(pid);
  return isAlive(stat) && stat.startTicks === startTicks;
}

/** FAILED_PRECONDITION when a process is no `up` of this installation, which alone follows its link. */
export function refuseStranger(pid: number, { versions, prefix }: InstallLayout): void {
  using linux = new HostLinux();
  const words = (linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0");
  if (words.some((word) => word.startsWith(`${versions}/`))) return;
  throw new FleetError(
    "FAILED_PRECONDITION",
    `process ${pid}, which runs this state folder, is not of the installation in ${prefix}`,
    {
      next: `stop it (kill ${pid}: game servers go on) and start ${join(prefix, "current/bin/flotilla")} up`,
    },
  );
}

/** Ends one life: TERM, and KILL when it takes longer than `graceMs`. Game servers go on. */
export async function endLife(life: Life, graceMs: number): Promise<void> {
  const until = systemClock.monotonic() + graceMs;
  for (let signal: NodeJS.Signals | 0 = "SIGTERM"; lives(life); ) {
    if (signal !== 0) process.kill(life.pid, signal);
    signal = systemClock.monotonic() > until ? "SIGKILL" : 0;
    await systemClock.sleep(20);
  }
}

/** Starts the installed program as an earlier `up` was started, in the background; resolves when it is ready. */
export async function startDetached(
  program: string,
  { words }: Pick<UpRecord, "words">,
  env: Texts,
): Promise<void> {
  const kept = words.filter((word) => word !== "--detached-run");
  const child = spawn(program, [...kept, "--detach"], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said = (said + chunk).slice(-4_000)));
  const [code] = await once(child, "exit");
  if (code !== 0)
    throw new FleetError("INTERNAL", `the old version does not start again: ${said.trim()}`, {
      next: `start it by hand: ${program} up`,
    });
}
