import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { SetupError } from "./progress.mjs";
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

/** Files that look for what lies beside them find it where the package has it: at its place below the package's folder. */
const keepPlaces = {
  name: "keep-places",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const folder = relative(ROOT, dirname(path));
      const text = readFileSync(path, "utf8");
      if (folder.startsWith("node_modules") || text.search(HERE) < 0) return undefined;
      const place = `(import.meta.dirname + ${JSON.stringify(`/../${folder}`)})`;
      return { contents: text.replace(HERE, place), loader: "ts" };
    }),
};
/** Where it is code, not where it is spoken of. */
const HERE = /(?<!["'`])\bimport\.meta\.dirname\b/g;

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
      plugins: [keepPlaces],
      banner: { js: BANNER },
      define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
      logLevel: "silent",
    }).catch((error) => {
      throw new SetupError(error.message, "mend it: `npm test` says the same with more words");
    }),
  );
}
