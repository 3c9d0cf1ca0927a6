import { readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { directory, type LayerEntry } from "./write-layer.ts";

const ENTRIES_MAX = 100_000;

/**
 * A folder's files as a layer: only whether the owner may execute a file is taken from its mode, so that umask and
 * checkout do not change the digest. Sockets, pipes and devices are refused by name.
 */
export async function folderEntries(folder: string): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  await walk(folder, "", entries);
  return entries;
}

async function walk(folder: string, prefix: string, entries: LayerEntry[]): Promise<void> {
  for (const found of await namesIn(join(folder, prefix))) {
    const path = prefix === "" ? found.name : `${prefix}/${found.name}`;
    const from = join(folder, path);
    if (found.name.startsWith(".wh.") || found.name.includes("\n"))
      throw new FleetError("INVALID", `${from} has a name that means something else in a layer`);
    if (entries.length >= ENTRIES_MAX)
      throw new FleetError("TOO_LARGE", `${folder} has more than ${ENTRIES_MAX} files`);
    if (found.isDirectory()) {
      entries.push(directory(path, 0o755, 0));
      await walk(folder, path, entries);
    } else if (found.isSymbolicLink()) {
      entries.push({ type: "symlink", path, target: await readlink(from) });
    } else if (found.isFile()) {
      entries.push(await fileEntry(path, from));
    } else throw new FleetError("INVALID", `${from} is neither file, folder nor symbolic link`);
  }
}

async function namesIn(folder: string): Promise<Awaited<ReturnType<typeof readFolder>>> {
  try {
    return await readFolder(folder);
  } catch (error) {
    throw new FleetError(
      "INVALID",
      `cannot read ${folder}: ${messageOf(error)}`,
      { folder },
      error,
    );
  }
}
const readFolder = (folder: string) => readdir(folder, { withFileTypes: true });

/** One file of the host at `path` of the image. */
export async function fileEntry(path: string, from: string): Promise<LayerEntry> {
  const { size, mode } = await stat(from);
  return { type: "file", path, from, size, mode: (mode & 0o100) === 0 ? 0o644 : 0o755 };
}
