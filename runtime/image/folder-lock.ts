import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";

export interface FolderLockOptions {
  readonly clock: Clock;
  readonly waitMs: number;
  readonly retryMs: number;
}

/**
 * Runs `work` while nobody else does under the same file, in this process or another. The lock is SQLite's own on an
 * otherwise empty file: the kernel lets go of it however its holder ends.
 */
export function withLock<T>(
  path: string,
  options: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  return withTransaction(path, "BEGIN EXCLUSIVE", options, work);
}

/** Runs `work` beside any number of others that share the file, and while nobody has it for himself. */
export function withSharedLock<T>(
  path: string,
  options: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  // What locks is the reading: a transaction that has only begun holds nothing.
  return withTransaction(path, "BEGIN; SELECT 1 FROM sqlite_schema", options, work);
}

async function withTransaction<T>(
  path: string,
  begin: string,
  { clock, waitMs, retryMs }: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const until = clock.monotonic() + waitMs;
  using database = new DatabaseSync(path, { timeout: 0 });
  while (!tryLock(database, begin)) {
    if (clock.monotonic() >= until)
      throw new FleetError("UNAVAILABLE", `somebody else has held ${path} for ${waitMs} ms`, {
        path,
      });
    await clock.sleep(retryMs);
  }
  return await work();
}

/** The transaction writes nothing; closing the database ends it. */
function tryLock(database: DatabaseSync, begin: string): boolean {
  try {
    database.exec(begin);
    return true;
  } catch (error) {
    if (!(error instanceof Error && /locked|busy/.test(error.message))) throw error;
    if (database.isTransaction) database.exec("ROLLBACK");
    return false;
  }
}
