import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ProcessTable } from "./process-table.ts";

/** False when nobody is left under that number; a negative one is a group. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

export interface EndOptions {
  readonly clock: Clock;
  /** How long the kernel may take to end a killed process; one that hangs in a device takes for ever. */
  readonly killWaitMs: number;
  readonly pollMs: number;
}

/** Resolves when no living process of the group is left; TIMEOUT when the kernel does not let go of one. */
export async function groupGone(
  table: ProcessTable,
  group: number,
  { clock, killWaitMs, pollMs }: EndOptions,
): Promise<void> {
  const until = clock.monotonic() + killWaitMs;
  while ((await table.groups(new Set([group]))).size > 0) {
    if (clock.monotonic() > until)
      throw new FleetError("TIMEOUT", `process group ${group} does not end though it was killed`);
    await clock.sleep(pollMs);
  }
}
