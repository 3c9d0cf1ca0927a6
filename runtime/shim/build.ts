import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FleetError, messageOf } from "../../core/std/errors.ts";

const run = promisify(execFile);

/** Compiles what `target` of the Makefile names, if a source is newer; FAILED_PRECONDITION with the compiler's words. */
export async function makeShim(outFolder: string, target: "all" | "asan" | "fuzz"): Promise<void> {
  const argv = ["-s", "-C", import.meta.dirname, `OUT=${resolve(outFolder)}`, target];
  try {
    await run("make", argv);
  } catch (error) {
    const why = `cannot compile the shim: ${messageOf(error)}`;
    throw new FleetError("FAILED_PRECONDITION", why, { target }, error);
  }
}

/** Shim and init, ready to run. */
export async function buildShim(outFolder: string): Promise<{ shim: string; init: string }> {
  await makeShim(outFolder, "all");
  const folder = resolve(outFolder);
  return { shim: join(folder, "flotilla-shim"), init: join(folder, "flotilla-init") };
}
