import { constants } from "node:fs";
import {
  chmod,
  copyFile,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  opendir,
  readlink,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";

/** Content that is named by its digest is never written again: its copies may be links. */
export const LINKED: ReadonlySet<string> = new Set(["blobs"]);
/** Say who runs just now. */
const LEFT_OUT = /^lock(\.pid|-journal)?$/;

/**
 * Copies a folder with owners and modes, durably: all of it is on the disk when this returns. Content-addressed files
 * are linked, everything else is copied, so that what is done to the copy never reaches the original. Other kinds of
 * files than plain ones, folders and links are left out, as are locks.
 */
export async function copyFolder(from: string, to: string, isLinked = false): Promise<void> {
  await mkdir(to);
  for await (const entry of await opendir(from)) {
    const { name } = entry;
    if (LEFT_OUT.test(name)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (entry.isDirectory()) await copyFolder(source, target, isLinked || LINKED.has(name));
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile() && isLinked) await link(source, target);
    else if (entry.isFile()) await copyPlain(source, target);
    if (entry.isSymbolicLink()) await ownLike(source, target);
  }
  await ownLike(from, to);
  await chmod(to, (await lstat(from)).mode & 0o7777);
  await syncPath(to);
}

async function copyPlain(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await ownLike(source, target);
  await syncPath(target);
}

async function ownLike(source: string, target: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await lstat(source);
  await lchown(target, uid, gid);
}

/** Puts a file's content, or a folder's names, on the disk. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}

/** The same for all that is below a folder. */
export async function syncTree(folder: string): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(folder);
}
