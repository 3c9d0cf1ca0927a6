import { access, constants } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { fileEntry } from "./folder-entries.ts";
import { sharedLibraries } from "./shared-libraries.ts";
import type { LayerEntry } from "./write-layer.ts";

const PROGRAM_FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
/** Old C libraries load these by name while they run, so no program's list has them. */
const NAME_SERVICE = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"];

/** Where a program is on this host: an absolute path as it is, a name in the usual folders. */
export async function findProgram(name: string): Promise<string | undefined> {
  const paths = name.startsWith("/") ? [name] : PROGRAM_FOLDERS.map((folder) => join(folder, name));
  for (const path of paths) if (await isExecutable(path)) return path;
  return undefined;
}

/** A program of this host, laid at `target` of an image, with all libraries it is started with at their own places. */
export async function programEntries(path: string, target: string): Promise<readonly LayerEntry[]> {
  const libraries = await sharedLibraries(path);
  const libc = libraries.find((library) => /\/libc\.so\.6$/.test(library));
  const beside = libc === undefined ? [] : NAME_SERVICE.map((name) => join(dirname(libc), name));
  const there = await Promise.all(beside.map(isReadable));
  const files = new Set([...libraries, ...beside.filter((_, index) => there[index])]);
  const entries = [...files].map((file) => fileEntry(file.slice(1), file));
  return Promise.all([fileEntry(target, path), ...entries]);
}

/** Programs named by the user, each at the place where this host has it. */
export async function namedProgramEntries(
  names: readonly string[],
): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const name of names) {
    const path = await findProgram(name);
    if (path === undefined)
      throw new FleetError("NOT_FOUND", `program ${name} is not on this machine: install it first`);
    entries.push(...(await programEntries(path, path.slice(1))));
  }
  return entries;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
