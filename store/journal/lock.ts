import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { FleetError } from "../../core/std/errors.ts";
import { makeOwned } from "./owned-file.ts";

const SQLITE_BUSY = 5;

/**
 * Takes the folder for this process. The kernel holds the lock (SQLite's, on a file of its own), so that it ends with
 * the process, however that ends. Throws FAILED_PRECONDITION when another process, or another store here, has it.
 */
export function lockFolder(folder: string): Disposable {
  const path = join(folder, "lock");
  makeOwned(path, folder);
  const db = new DatabaseSync(path, { timeout: 0 });
  const pidPath = join(folder, "lock.pid");
  try {
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const pid = readPid(pidPath);
    const message = `the state folder ${resolve(folder)} is in use by process ${pid ?? "unknown"}; stop it first, or choose another folder`;
    throw new FleetError("FAILED_PRECONDITION", message, { folder, pid }, error);
  }
  makeOwned(pidPath, folder);
  writeFileSync(pidPath, `${process.pid}\n`);
  return { [Symbol.dispose]: () => db.close() };
}

function readPid(path: string): number | undefined {
  try {
    // Who has just taken the folder has not written it yet.
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
