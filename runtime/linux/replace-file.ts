import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A name beside `path` that nobody else uses; it names its maker, so that litter of dead ones can be told. */
export function temporaryBeside(path: string): string {
  const unique = randomBytes(6).toString("hex");
  return join(dirname(path), `.tmp-${process.pid}-${unique}-${basename(path)}`);
}

/** The process that made a temporary name; undefined for other names. */
export function makerOf(name: string): number | undefined {
  const found = /^\.tmp-(\d+)-/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Removes what processes that have died since left half done in a folder. */
export async function clearLitter(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const maker = makerOf(name);
    if (maker !== undefined && !isRunning(maker))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Makes renames and new names in a folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

/**
 * Fills a file through `fill` and puts it in place of `path` at once: readers see the old or the new content and never
 * a part, also after a power loss. On failure nothing changes. `nameOf` names the file by what was written, in the same
 * folder.
 */
export async function replaceFileWith<T>(
  path: string,
  mode: number,
  fill: (handle: FileHandle) => Promise<T>,
  nameOf?: (result: T) => string,
): Promise<T> {
  const temporary = temporaryBeside(path);
  try {
    let result: T;
    {
      await using handle = await open(temporary, "wx", mode);
      result = await fill(handle);
      await handle.sync();
    }
    await rename(temporary, nameOf?.(result) ?? path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function replaceFile(
  path: string,
  mode: number,
  content: string | Uint8Array,
): Promise<void> {
  await replaceFileWith(path, mode, (handle) => handle.writeFile(content));
}
