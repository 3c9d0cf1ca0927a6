import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { PACKAGE_FOLDER } from "./version.ts";

/** Where the compiled shim lies: with a clone's other products; an installed package compiles it into the state folder. */
export function shimFolder({ state }: Pick<Config, "state">): string {
  const isClone = existsSync(join(PACKAGE_FOLDER, "setup.mjs"));
  return isClone ? join(PACKAGE_FOLDER, ".build", "shim") : join(state, "shim");
}
