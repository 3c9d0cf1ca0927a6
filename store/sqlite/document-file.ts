import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FleetError } from "../../core/std/errors.ts";
import {
  createTable,
  type IndexSql,
  insertRow,
  replaceRow,
  type TableNames,
} from "./statements.ts";

/** Step `i` brings a file from version `i` to version `i + 1`. A released step is never changed; new ones are added. */
const FILE_MIGRATIONS: readonly string[] = [
  "CREATE TABLE collection (name TEXT PRIMARY KEY, shape TEXT NOT NULL) STRICT;",
];

type SqlValue = string | number | null;

/** One write of a group. `values` are those of `insertRow`. */
export type FileWrite =
  | { readonly op: "insert"; readonly collection: string; readonly values: readonly SqlValue[] }
  | {
      readonly op: "replace";
      readonly collection: string;
      readonly values: readonly SqlValue[];
      readonly expected: string;
    }
  | {
      readonly op: "delete";
      readonly collection: string;
      readonly id: string;
      readonly expected: string | undefined;
    }
  | { readonly op: "mark"; readonly collection: string; readonly shape: string };

/** How a write of a group ended; `broken` is what SQLite says of a unique rule. */
export type FileOutcome = "done" | "changed" | "absent" | { readonly broken: string };

/** SQLite's primary result codes that we tell apart. */
export const SQLITE = { busy: 5, full: 13, constraint: 19 } as const;

/** The primary result code of an error; undefined for what is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

const BROKEN = /UNIQUE constraint failed: (.+)$/;

interface TableStatements {
  readonly names: TableNames;
  readonly insert: StatementSync;
  readonly replace: StatementSync;
  readonly deleteAny: StatementSync;
  readonly deleteExpected: StatementSync;
  readonly find: StatementSync;
}

/** The one connection of a process that writes; everything here waits for the disk, so it lives in a worker. */
export class DocumentFile implements Disposable {
  readonly #db: DatabaseSync;
  readonly #tables = new Map<string, TableStatements>();
  readonly #mark: StatementSync;

  constructor(path: string, busyMs: number) {
    makePrivate(path);
    this.#db = new DatabaseSync(path, { timeout: busyMs });
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = 16777216`);
    this.#migrate(path);
    this.#mark = this.#db.prepare("INSERT OR REPLACE INTO collection VALUES (?, ?)");
  }

  /** Makes the table, or the columns that it has not got yet. */
  open(names: TableNames): void {
    const { table, columns } = names;
    this.#inTransaction(() => {
      this.#db.exec(createTable(names));
      const found = this.#db.prepare("SELECT name FROM pragma_table_info(?)").all(table);
      const there = new Set(found.map(({ name }) => String(name)));
      for (const column of columns.filter((one) => !there.has(one)))
        this.#db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ANY`);
    });
    this.#tables.set(names.collection, {
      names,
      insert: this.#db.prepare(insertRow(names)),
      replace: this.#db.prepare(replaceRow(names)),
      deleteAny: this.#db.prepare(`DELETE FROM ${table} WHERE id = ?`),
      deleteExpected: this.#db.prepare(`DELETE FROM ${table} WHERE id = ? AND version = ?`),
      find: this.#db.prepare(`SELECT 1 FROM ${table} WHERE id = ?`),
    });
  }

  /** Makes the missing indexes of a table and drops all others. */
  makeIndexes({ table }: TableNames, indexes: readonly IndexSql[]): void {
    this.#inTransaction(() => {
      const made =
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''";
      const found = this.#db.prepare(made).all(table);
      const wanted = new Set(indexes.map(({ name }) => name));
      for (const { name } of found)
        if (!wanted.has(String(name))) this.#db.exec(`DROP INDEX ${String(name)}`);
      for (const { create } of indexes) this.#db.exec(create);
    });
  }

  /** One durable transaction: writes that meet a rule or another version do nothing, the others hold together. */
  write(writes: readonly FileWrite[]): FileOutcome[] {
    return this.#inTransaction(() => writes.map((write) => this.#apply(write)));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #apply(write: FileWrite): FileOutcome {
    if (write.op === "mark") {
      this.#mark.run(write.collection, write.shape);
      return "done";
    }
    const table = this.#tables.get(write.collection);
    if (!table) throw new Error(`bug: ${write.collection} is not open`);
    try {
      return this.#swap(table, write);
    } catch (error) {
      const [, broken] = BROKEN.exec(error instanceof Error ? error.message : "") ?? [];
      if (sqliteCode(error) === SQLITE.constraint && broken !== undefined) return { broken };
      throw error;
    }
  }

  #swap(table: TableStatements, write: Exclude<FileWrite, { op: "mark" }>): FileOutcome {
    if (write.op === "insert") {
      table.insert.run(...write.values);
      return "done";
    }
    const id = write.op === "replace" ? (write.values.at(-1) ?? null) : write.id;
    const { changes } =
      write.op === "replace"
        ? table.replace.run(...write.values, write.expected)
        : write.expected === undefined
          ? table.deleteAny.run(id)
          : table.deleteExpected.run(id, write.expected);
    if (changes > 0) return "done";
    return table.find.get(id) ? "changed" : "absent";
  }

  /** Another process may hold the file: SQLite waits for it as long as it was told to, then says that it is busy. */
  #inTransaction<R>(work: () => R): R {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #migrate(path: string): void {
    this.#inTransaction(() => {
      const version = Number(this.#db.prepare("PRAGMA user_version").get()?.user_version);
      const { length: known } = FILE_MIGRATIONS;
      if (version > known) {
        const message = `${path} has version ${version} and this release knows up to ${known}; use the release that wrote it, or a newer one`;
        throw new FleetError("FAILED_PRECONDITION", message, { path, version });
      }
      for (const step of FILE_MIGRATIONS.slice(version)) this.#db.exec(step);
      this.#db.exec(`PRAGMA user_version = ${known}`);
    });
  }
}

/** Made for its owner alone, with what SQLite puts beside it; a file that is there is not opened: closing it would release locks. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
