import { DatabaseSync } from "node:sqlite";
import { backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { DocumentBounds, DocumentStore } from "../documents/document-store.ts";
import type { DocumentTable, DocumentTables } from "../documents/document-table.ts";
import { LiveDocumentStore } from "../documents/live-document-store.ts";
import type { AnySpec } from "../documents/shape.ts";
import { SQLITE, sqliteCode } from "./document-file.ts";
import { SqliteTable } from "./sqlite-table.ts";
import { tableOf } from "./statements.ts";
import { Writer, type WriterOptions } from "./writer.ts";

export interface SqliteDocumentStoreOptions extends WriterOptions, DocumentBounds {
  /** Looks at a file that is busy for a moment; more are UNAVAILABLE. */
  readonly readTriesMax: number;
  readonly clock: Clock;
}

/** Bounds that suit a service of some thousand requests a second. */
export const SQLITE_DOCUMENT_BOUNDS: Omit<
  SqliteDocumentStoreOptions,
  "path" | "clock" | keyof DocumentBounds
> = {
  busyMs: 5_000,
  groupMax: 1_000,
  groupCharsMax: 8_000_000,
  waitingMax: 20_000,
  readTriesMax: 8,
};

const READ_RETRY = { firstMs: 1, factor: 2, maxMs: 100 };

/** Documents in one SQLite file, which several processes of a machine may share. */
export async function openSqliteDocumentStore(
  options: SqliteDocumentStoreOptions,
): Promise<DocumentStore> {
  return new LiveDocumentStore(await SqliteTables.open(options), options);
}

class SqliteTables implements DocumentTables {
  readonly #options: SqliteDocumentStoreOptions;
  readonly #writer: Writer;
  readonly #reader: DatabaseSync;

  private constructor(options: SqliteDocumentStoreOptions, writer: Writer, reader: DatabaseSync) {
    this.#options = options;
    this.#writer = writer;
    this.#reader = reader;
  }

  static async open(options: SqliteDocumentStoreOptions): Promise<SqliteTables> {
    await using stack = new AsyncDisposableStack();
    const writer = stack.use(new Writer(options));
    await writer.ask({ do: "start" });
    const reader = new DatabaseSync(options.path, { readOnly: true, timeout: 0 });
    stack.move();
    return new SqliteTables(options, writer, reader);
  }

  get fatal(): Promise<Error> {
    return this.#writer.fatal;
  }

  async open(spec: AnySpec): Promise<DocumentTable> {
    await this.#writer.ask({ do: "open", names: tableOf(spec) });
    const read = <R>(work: (db: DatabaseSync) => R): Promise<R> => this.#read(work);
    return new SqliteTable(spec, { writer: this.#writer, read });
  }

  async ping(): Promise<void> {
    await this.#read((db) => db.prepare("SELECT 1").get());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The writer goes last: the last one to leave a file tidies it up.
    this.#reader.close();
    await this.#writer[Symbol.asyncDispose]();
  }

  /** A read does not wait for writers; only when a file is opened or closed by others it may find it busy. */
  async #read<R>(work: (db: DatabaseSync) => R): Promise<R> {
    const { path, clock, readTriesMax } = this.#options;
    for (let tries = 0; ; tries++) {
      if (!this.#reader.isOpen) throw new FleetError("UNAVAILABLE", "the store is closed");
      try {
        return work(this.#reader);
      } catch (error) {
        if (sqliteCode(error) !== SQLITE.busy) throw error;
        if (tries + 1 >= readTriesMax)
          throw new FleetError("UNAVAILABLE", `${path} is busy: ${messageOf(error)}`, {}, error);
        await clock.sleep(backoffMs(tries, READ_RETRY));
      }
    }
  }
}
