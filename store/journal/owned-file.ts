import { closeSync, fchownSync, openSync, statSync } from "node:fs";

/** The user whom files in `folder` belong to, when this process has to hand them over: root, in someone else's folder. */
export function ownerOf(folder: string): { uid: number; gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(folder);
  return { uid, gid };
}

/**
 * Makes `path` for the owner of `folder`, unless it is there, so that it can be opened again after root's rights were
 * given up. A file that is there is not even opened: closing it would release SQLite's locks on it.
 */
export function makeOwned(path: string, folder: string): void {
  try {
    const fd = openSync(path, "ax", 0o600);
    const owner = ownerOf(folder);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    closeSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
