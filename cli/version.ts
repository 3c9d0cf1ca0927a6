import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the package: in a clone the folder above `cli/`, in an installed package the one above `dist/`. */
export const PACKAGE_FOLDER: string = join(import.meta.dirname, "..");

/** The package's version, read where it is written down. */
export function packageVersion(): string {
  const text = readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
