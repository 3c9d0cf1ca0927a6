import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isFleetError } from "../core/std/errors.ts";
import { buildShim } from "../runtime/shim/build.ts";
import type { Config } from "./config.ts";
import { PACKAGE_FOLDER } from "./version.ts";

const SOURCES = join(PACKAGE_FOLDER, "runtime", "shim");
let generation: string | undefined;

/** Names the sources that the shim is compiled of: a shim of other ones is replaced when the agent starts. */
export function shimGeneration(): string {
  if (generation !== undefined) return generation;
  const digest = createHash("sha256");
  const names = readdirSync(SOURCES).filter((name) => /^Makefile$|\.[ch]$/.test(name));
  for (const name of names.sort())
    digest.update(`${name}\0`).update(readFileSync(join(SOURCES, name)));
  generation = digest.digest("hex").slice(0, 12);
  return generation;
}

/**
 * Where the compiled shim lies: with a clone's other products; an installed package compiles it into the state folder,
 * beside those of other releases, so that an upgrade finds the old one when it has to go back.
 */
export function shimFolder({ state }: Pick<Config, "state">): string {
  const isClone = existsSync(join(PACKAGE_FOLDER, "setup.mjs"));
  return isClone ? join(PACKAGE_FOLDER, ".build", "shim") : join(state, "shim", shimGeneration());
}

/**
 * Compiles shim and init where containers can be isolated and nobody has done so yet: the first `up` of an installed
 * package. Returns what was done or why not, for people; undefined when there was nothing to do.
 */
export async function compileShim(
  config: Pick<Config, "state" | "driver">,
): Promise<string | undefined> {
  const folder = shimFolder(config);
  const isWanted = config.driver !== "process" && process.getuid?.() === 0;
  const isThere = existsSync(join(folder, "flotilla-shim"));
  if (process.platform !== "linux" || !isWanted || isThere) return undefined;
  try {
    await buildShim(folder);
    return "shim and init compiled";
  } catch (error) {
    if (!isFleetError(error) || config.driver === "shim") throw error;
    return "shim and init could not be compiled (cc, make and libc's headers are needed)";
  }
}
