import { existsSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./progress.mjs";
import { ROOT, runQuietly } from "./run.mjs";
import { hasCommand } from "./system.mjs";

const OUT = join(ROOT, ".build", "shim");

/** Compiles shim and init where there is a compiler; `make` knows what is up to date. */
export async function buildShim(progress) {
  if (process.platform !== "linux") return;
  if (!hasCommand("cc") || !hasCommand("make")) {
    progress.note(
      "no C compiler (cc, make): shim and init are not built, containers are not isolated",
    );
    return;
  }
  const make = ["-s", "-C", join(ROOT, "runtime", "shim"), `OUT=${OUT}`];
  if (existsSync(OUT) && (await isUpToDate(make))) return;
  await progress.step("shim and init compiled", () =>
    runQuietly("make", make).catch((error) => {
      throw new SetupError(error.message, "report this: the C parts should compile everywhere");
    }),
  );
}

async function isUpToDate(make) {
  return runQuietly("make", ["-q", ...make]).then(
    () => true,
    () => false,
  );
}
