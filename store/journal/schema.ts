import type { DatabaseSync } from "node:sqlite";
import { FleetError } from "../../core/std/errors.ts";

/** Step `i` brings a file from version `i` to version `i + 1`. A released step is never changed; new ones are added. */
export const SNAPSHOT_MIGRATIONS: readonly string[] = [
  `CREATE TABLE resource (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
   CREATE TABLE answer (
     position INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL
   ) STRICT;`,
  "CREATE INDEX answer_at ON answer (at);",
  "INSERT INTO meta VALUES ('epoch', 0);",
];

/** Brings a file to the newest version in one transaction. Refuses one that a newer release has written. */
export function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  db.exec("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT");
  const version = readMeta(db, "version");
  if (version > migrations.length) {
    const message = `${path} has version ${version} and this release knows up to ${migrations.length}; use the release that wrote it, or a newer one`;
    throw new FleetError("FAILED_PRECONDITION", message, { path, version });
  }
  if (version === migrations.length) return;
  db.exec("BEGIN IMMEDIATE");
  for (const step of migrations.slice(version)) db.exec(step);
  writeMeta(db, "version", migrations.length);
  db.exec("COMMIT");
}

/** A number kept about the file; 0 when it was never written. */
export function readMeta(db: DatabaseSync, name: string): number {
  const row = db.prepare("SELECT value FROM meta WHERE name = ?").get(name);
  return row ? Number(row.value) : 0;
}

export function writeMeta(db: DatabaseSync, name: string, value: number): void {
  const upsert = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
  db.prepare(upsert).run(name, value);
}
