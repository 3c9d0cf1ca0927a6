import { join } from "node:path";
import process from "node:process";
import { assert } from "../../core/std/assert.ts";
import type { Texts } from "../config.ts";
import { installationOf } from "../install/layout.ts";
import { PACKAGE_FOLDER } from "../version.ts";

/**
 * Lets the program that is installed now go on in this very process: same number, same terminal, and systemd sees no end.
 * From a clone it is the clone as it lies there now. Nothing of before may be needed any more.
 */
export function replaceSelf(words: readonly string[], env: Texts): never {
  const home = installationOf(PACKAGE_FOLDER)?.current ?? PACKAGE_FOLDER;
  const program = join(home, "bin", "flotilla");
  const kept = Object.entries(env).filter(
    ([name, value]) => value !== undefined && !name.startsWith("NODE_CHANNEL_"),
  );
  assert(process.execve, "this Node cannot replace itself");
  return process.execve(program, [program, ...words], Object.fromEntries(kept));
}
