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
export async function withLock<T>(
  path: string,
  { clock, waitMs, retryMs }: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const until = clock.monotonic() + waitMs;
  using database = new DatabaseSync(path, { timeout: 0 });
  while (!tryLock(database)) {
    if (clock.monotonic() >= until)
      throw new FleetError("UNAVAILABLE", `somebody else has held ${path} for ${waitMs} ms`, {
        path,
      });
    await clock.sleep(retryMs);
  }
  return await work();
}

/** The transaction writes nothing; closing the database ends it. */
function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && /locked|busy/.test(error.message)) return false;
    throw error;
  }
}
