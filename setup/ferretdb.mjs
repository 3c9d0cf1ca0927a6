import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT, runQuietly } from "./run.mjs";
import { hasCommand } from "./system.mjs";

const SOURCE = join(ROOT, "store", "mongodb", "ferretdb");

/**
 * A server that speaks MongoDB's protocol, compiled once per machine into its cache folder: minutes the first time.
 * `{ program }`, or `{ missing }` with why there is none: then the tests that need it are skipped and say so.
 */
export async function buildFerretDb(progress) {
  const program = programPath();
  if (existsSync(program)) return { program };
  if (!hasCommand("go")) return { missing: "Go is not installed, which FerretDB is compiled with" };
  const unfinished = `${program}.${randomUUID()}`;
  mkdirSync(dirname(program), { recursive: true });
  try {
    await progress.step("FerretDB's sources", () => go("mod", "download"), { isDownload: true });
    await progress.step("FerretDB compiled: a MongoDB for tests", () =>
      go("build", "-o", unfinished, "."),
    );
  } catch (error) {
    return { missing: `FerretDB could not be compiled: ${error.message}` };
  }
  renameSync(unfinished, program);
  return { program };
}

function go(...args) {
  return runQuietly("go", args, { cwd: SOURCE });
}

/** Other sources, another folder: what an older release compiled stays usable for it. */
function programPath() {
  const digest = createHash("sha256");
  for (const name of ["main.go", "go.mod", "go.sum"])
    digest.update(readFileSync(join(SOURCE, name)));
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "flotilla", `ferretdb-${digest.digest("hex").slice(0, 12)}`, "ferretdb");
}
