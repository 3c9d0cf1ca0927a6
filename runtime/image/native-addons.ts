import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import type { Plugin } from "esbuild";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { interpreterOf, parseLoaderList, sharedLibraries } from "./shared-libraries.ts";

const run = promisify(execFile);
const DIGITS = 8;

/** A native add-on that a bundle loads, and the name that it asks for, beside itself. */
export interface NativeAddon {
  readonly name: string;
  readonly path: string;
}

/**
 * Takes native add-ons along that the code names and that are there, each under a name of its own; `found` gets them. One
 * that is not there stays as it is written: packages try several and take what they find.
 */
export function addonPlugin(found: Map<string, NativeAddon>): Plugin {
  return {
    name: "native-addons",
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, async ({ path, importer, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const isOurs = path.startsWith(".") && !importer.endsWith(".node") && (await isThere(file));
        return isOurs ? { path: file } : { path, external: true };
      });
      build.onLoad({ filter: /\.node$/ }, async ({ path }) => {
        const addon = { name: await addonName(path), path };
        found.set(path, addon);
        return { contents: `module.exports = require(${JSON.stringify(`./${addon.name}`)});` };
      });
    },
  };
}

/** Two packages may call theirs the same. */
async function addonName(path: string): Promise<string> {
  const digest = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  return `${basename(path, ".node")}-${digest.slice(0, DIGITS)}.node`;
}

/** Libraries of this host that add-ons need and `nodeBinary`, which loads them, does not bring. */
export async function addonLibraries(
  addons: readonly NativeAddon[],
  nodeBinary: string,
): Promise<readonly string[]> {
  if (addons.length === 0) return [];
  const loader = await interpreterOf(nodeBinary);
  if (loader === undefined) return [];
  const brought = new Set(await sharedLibraries(nodeBinary));
  const needed = await Promise.all(addons.map(({ path }) => librariesOf(loader, path)));
  return [...new Set(needed.flat())].filter((library) => !brought.has(library)).sort();
}

/** An add-on names no loader itself: it is looked at by that of the program which loads it. */
async function librariesOf(loader: string, path: string): Promise<readonly string[]> {
  try {
    const { stdout } = await run(loader, ["--list", path]);
    return parseLoaderList(stdout, path);
  } catch (error) {
    if (error instanceof FleetError) throw error;
    const message = `cannot find the libraries of ${path}: ${messageOf(error)}`;
    throw new FleetError("FAILED_PRECONDITION", message, { path }, error);
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
