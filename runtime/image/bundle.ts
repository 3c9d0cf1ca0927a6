import { access } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { addonPlugin, type NativeAddon } from "./native-addons.ts";

/** Native add-ons that packages use when they are there and do without otherwise. */
const OPTIONAL_NATIVE = ["bufferutil", "utf-8-validate", "msgpackr-extract", "uWebSockets.js"];
/** esbuild keeps the name `require` free in the bundle's scope for exactly this. */
const BANNER =
  'import { createRequire as flotillaRequire } from "node:module";const require = flotillaRequire(import.meta.url);';
const ERRORS_SHOWN_MAX = 5;

export interface Bundle {
  readonly code: Uint8Array;
  /** Every file that it was made of, and those that decide which files these are. */
  readonly inputs: readonly string[];
  /** What the code loads from beside itself. */
  readonly addons: readonly NativeAddon[];
}

/**
 * Makes one ECMAScript module out of an entry file and all that it imports, but for the packages in `stub`: something
 * stands for each that throws when it is called. A start is mostly reading code, so code that nobody uses costs each one.
 */
export async function bundleNode(entry: string, stub: readonly string[]): Promise<Bundle> {
  // Loaded here: agents never bundle, and the bundler is large.
  const esbuild = await import("esbuild");
  const folder = dirname(resolve(entry));
  const addons = new Map<string, NativeAddon>();
  const result = await esbuild
    .build({
      absWorkingDir: folder,
      entryPoints: [resolve(entry)],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      target: "node24",
      // Names stay as they were written, for stack traces and for packages that look at a class's name: esbuild's keepNames
      // would restore them one by one at each start.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      logLevel: "silent",
      external: OPTIONAL_NATIVE,
      plugins: [stubs(stub), addonPlugin(addons)],
      define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
      banner: { js: BANNER },
      outfile: "main.mjs",
    })
    .catch((error: unknown) => {
      throw asExpected(entry, error);
    });
  const code = result.outputFiles[0]?.contents ?? new Uint8Array();
  const sources = Object.keys(result.metafile.inputs)
    .filter((path) => !path.startsWith("stub:"))
    .map((path) => resolve(folder, path));
  return {
    code,
    inputs: [...sources.filter((p) => !p.includes("\0")), ...(await deciders(folder))],
    addons: [...addons.values()],
  };
}

export const BUNDLE_RULES: object = { OPTIONAL_NATIVE, BANNER, rules: 3 };

function stubs(names: readonly string[]): Plugin {
  return {
    name: "stub",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path }) =>
        names.includes(path) ? { path, namespace: "stub" } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "stub" }, ({ path }) => {
        const words = JSON.stringify(`package ${path} is left out of this image (stub)`);
        return { contents: `module.exports = function () { throw new Error(${words}); };` };
      });
    },
  };
}

/** Package files above the entry: another installed version of a package means another bundle. */
async function deciders(folder: string): Promise<readonly string[]> {
  const folders: string[] = [folder];
  for (let at = folder; at !== dirname(at); at = dirname(at)) folders.push(dirname(at));
  const paths = folders.flatMap((at) =>
    ["package.json", "tsconfig.json", "node_modules/.package-lock.json"].map((n) => join(at, n)),
  );
  const there = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index]);
}

function asExpected(entry: string, error: unknown): FleetError {
  const errors =
    error instanceof Error && "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  const lines = errors.slice(0, ERRORS_SHOWN_MAX).map(({ text, location }) => {
    const place = location ? `${location.file}:${location.line}: ` : "";
    return `${place}${text}`;
  });
  const why = lines.length > 0 ? lines.join("; ") : messageOf(error);
  return new FleetError("INVALID", `cannot bundle ${entry}: ${why}`, { entry }, error);
}
