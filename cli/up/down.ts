import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { lockFolder } from "../../store/journal/lock.ts";
import { type Config, readConfig, type Texts } from "../config.ts";
import type { Io } from "../io.ts";
import { cleanUp } from "./clean-up.ts";
import { holderOf } from "./lock-soon.ts";
import { readRunRecord } from "./run-record.ts";
import { readMark } from "./state-folder.ts";

export interface DownOptions {
  readonly config: Config;
  /** What was given on the command line; it goes before what the last run noted. */
  readonly flags: Texts;
  readonly io: Io;
  readonly isPurge: boolean;
}

const PATIENCE_MS = 90_000;
const PAUSE_MS = 100;

/** Ends the `up` of a state folder, or cleans up after one that crashed; `isPurge` deletes what is stored. */
export async function down({ config, flags, io, isPurge }: DownOptions): Promise<void> {
  const state = resolve(config.state);
  if (!existsSync(state)) {
    io.out(`nothing runs and nothing is stored in ${state}\n`);
    return;
  }
  if (!readMark(state))
    throw new FleetError("FAILED_PRECONDITION", `${state} is no state folder of flotilla`, {
      next: "name the right one: --state FOLDER",
    });
  const ended = await endRunning(state, io);
  {
    using _lock = lockFolder(state);
    if (!ended) await cleanUp(readConfig({ ...readRunRecord(state), ...flags }, io.env), io);
    if (isPurge) purge(state);
  }
  io.out(
    isPurge
      ? "✓ down, and everything that was stored is deleted\n"
      : "✓ down; what is stored stays\n",
  );
}

/** Tells a running `up` to go down and waits for its end; false when none runs. */
async function endRunning(state: string, io: Io): Promise<boolean> {
  const pid = holderOf(state);
  if (pid === undefined) return false;
  try {
    process.kill(pid, "SIGINT");
  } catch (error) {
    throw new FleetError("FORBIDDEN", `cannot end process ${pid}: ${messageOf(error)}`, {
      next: "run this as the user who started it (sudo)",
    });
  }
  io.out(`· told process ${pid} to go down\n`);
  const began = systemClock.monotonic();
  while (systemClock.monotonic() - began < PATIENCE_MS) {
    if (holderOf(state) === undefined) return true;
    await systemClock.sleep(PAUSE_MS, io.signal);
  }
  throw new FleetError("TIMEOUT", `process ${pid} has not ended after ${PATIENCE_MS / 1000} s`, {
    next: `end it (kill ${pid}), then run \`flotilla down\` again`,
  });
}

function purge(state: string): void {
  using linux = new HostLinux();
  const inside = linux.mounts().filter(({ target }) => target.startsWith(`${state}/`));
  if (inside[0])
    throw new FleetError("FAILED_PRECONDITION", `${inside[0].target} is still mounted`, {
      next: `unmount it (umount ${inside[0].target}), then run this again`,
    });
  rmSync(state, { recursive: true, force: true });
}
