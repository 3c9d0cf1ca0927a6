import { readdirSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { ROOT } from "./run.mjs";

const OUT = join(ROOT, "dist");
/** Parts of the house that run in threads of their own: files beside the program, found by their names. */
const IS_WORKER = /-worker\.ts$/;
const HOUSE = ["access", "allocator", "api", "cli", "core", "fleet", "monitor", "runtime", "store"];

/** Native, and found by its package: it is the package's one dependency besides Node. */
const LEFT_OUT = ["esbuild"];

/** Packages written for CommonJS ask for these names, which modules do not have. */
const BANNER = [
  'import { createRequire as flotillaRequire } from "node:module";',
  "const require = flotillaRequire(import.meta.url);",
].join("");

/** Makes `dist/`: the command line and its workers, each with all that it imports, for machines without this clone. */
export async function bundleProgram(progress) {
  const { build } = await import("esbuild");
  const workers = HOUSE.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .filter((file) => IS_WORKER.test(file) && !file.includes("node_modules"))
      .map((file) => join(ROOT, folder, file)),
  );
  const entries = Object.fromEntries(workers.map((file) => [basename(file, ".ts"), file]));
  rmSync(OUT, { recursive: true, force: true });
  await progress.step(`bundled into ${relative(ROOT, OUT)}/`, () =>
    build({
      entryPoints: { flotilla: join(ROOT, "cli", "main.ts"), ...entries },
      outdir: OUT,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node24",
      charset: "utf8",
      external: LEFT_OUT,
      banner: { js: BANNER },
      define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
      logLevel: "error",
    }),
  );
}
