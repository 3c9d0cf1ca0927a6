import { lchownSync, readdirSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import process from "node:process";

/**
 * Gives up root for good and leaves everything below the current folder to `uid`. What is needed later must have been
 * opened or imported before: on the way to the program's own files there may be folders that only root may pass. Paths
 * relative to the current folder stay reachable. Without root nothing changes.
 */
export function dropPrivileges(uid: number): void {
  if (process.getuid?.() !== 0) return;
  for (const entry of readdirSync(".", { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, uid);
  becomeUser(uid);
}

/** Gives up root for good, and nothing else. What was compiled is kept for the next start while it can be written. */
export function becomeUser(uid: number): void {
  if (process.getuid?.() !== 0) return;
  flushCompileCache();
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
}
