import { mkdirSync } from "node:fs";
import { FleetError } from "../../core/std/errors.ts";
import { lockFolder } from "../../store/journal/lock.ts";
import { isInUse } from "../up/lock-soon.ts";

/** What the lock leaves in the folder. */
export const LOCK_FILES: readonly string[] = ["lock", "lock.pid"];

/**
 * Takes the folder of an installation for this process: of two that would change it, one is told to wait. It ends with the
 * process, however that ends. FAILED_PRECONDITION names who has it.
 */
export function ownPrefix(prefix: string): Disposable {
  mkdirSync(prefix, { recursive: true });
  try {
    return lockFolder(prefix);
  } catch (error) {
    if (!isInUse(error)) throw error;
    const message = `process ${error.details.pid ?? "unknown"} installs, upgrades or uninstalls in ${prefix}`;
    throw new FleetError("FAILED_PRECONDITION", message, { next: "wait until it is done" }, error);
  }
}
