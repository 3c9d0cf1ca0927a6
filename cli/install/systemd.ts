import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { FleetError } from "../../core/std/errors.ts";

const run = promisify(execFile);

/** True where systemd is the machine's init: its own mark for that. */
export function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

/** `systemctl` with these words; FAILED_PRECONDITION with its own words. */
export async function systemctl(...words: readonly string[]): Promise<void> {
  try {
    await run("systemctl", words);
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr?.trim() || String(error);
    throw new FleetError("FAILED_PRECONDITION", `systemctl ${words.join(" ")}: ${said}`, {
      next: "`journalctl -u flotilla` tells more",
    });
  }
}
