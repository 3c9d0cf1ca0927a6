import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { HistoryFilter, HistoryPage, HistoryRow } from "../../core/model/history.ts";
import { makeOwned } from "../../store/journal/owned-file.ts";
import { migrate } from "../../store/journal/schema.ts";

/** Step `i` brings a file from version `i` to version `i + 1`. A released step is never changed; new ones are added. */
export const HISTORY_MIGRATIONS: readonly string[] = [
  `CREATE TABLE history (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL,
     name TEXT NOT NULL, uid TEXT NOT NULL, fleet TEXT, node TEXT, "from" TEXT NOT NULL,
     "to" TEXT NOT NULL, reason TEXT NOT NULL, message TEXT, "by" TEXT NOT NULL
   ) STRICT;
   CREATE INDEX history_at ON history (at);
   CREATE INDEX history_subject ON history (kind, namespace, name);
   CREATE INDEX history_fleet ON history (fleet, namespace) WHERE fleet IS NOT NULL;
   CREATE INDEX history_node ON history (node) WHERE node IS NOT NULL;`,
];

const INSERT = "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const PRUNE_EVERY_ROWS = 1_000;
/** Rows that one write takes away at most: a bound that was lowered does not stop everybody. */
const PRUNE_ROWS_MAX = 5_000;
const DAY_MS = 86_400_000;

export interface HistoryBounds {
  readonly rowsMax: number;
  readonly daysMax: number;
}

/** A row as it goes through the file and the channel of the worker: the columns in order. */
export type HistoryTuple = readonly (string | number | null)[];

export function tupleOf(row: HistoryRow): HistoryTuple {
  const { id, atMs, kind, namespace, name, uid, fleet, node, from, to, reason, message, by } = row;
  const optional = [fleet ?? null, node ?? null];
  return [id, atMs, kind, namespace, name, uid, ...optional, from, to, reason, message ?? null, by];
}

/** Changes of state in an SQLite file that may lose its last second; bounded by rows and age. */
export class HistoryFile implements Disposable {
  readonly #db: DatabaseSync;
  readonly #bounds: HistoryBounds;
  #sincePrune: number = PRUNE_EVERY_ROWS;

  constructor(folder: string, bounds: HistoryBounds) {
    const path = join(folder, "history.db");
    makeOwned(path, folder);
    this.#bounds = bounds;
    this.#db = new DatabaseSync(path, { timeout: 10_000 });
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304`);
    migrate(this.#db, path, HISTORY_MIGRATIONS);
    this.write([], 0);
  }

  /** 0 for an empty file. */
  get lastId(): number {
    return Number(this.#db.prepare("SELECT max(id) AS id FROM history").get()?.id ?? 0);
  }

  /** Keeps rows, all or none, and now and then drops those over the bounds. */
  write(rows: readonly HistoryTuple[], nowMs: number): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const insert = this.#db.prepare(INSERT);
      for (const row of rows) insert.run(...(row as SQLInputValue[]));
      this.#sincePrune += rows.length;
      if (this.#sincePrune >= PRUNE_EVERY_ROWS && nowMs > 0) this.#prune(nowMs);
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Newest first; at most `limit`. */
  read(filter: HistoryFilter, page: HistoryPage): HistoryRow[] {
    const { where, values } = whereOf(filter, page);
    const sql = `SELECT * FROM history WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#db
      .prepare(sql)
      .all(...values, page.limit)
      .map(rowOfColumns);
  }

  #prune(nowMs: number): void {
    this.#sincePrune = 0;
    const { rowsMax, daysMax } = this.#bounds;
    const byCount = this.lastId - rowsMax;
    const oldest = "SELECT max(id) AS id FROM history WHERE at < ?";
    const byAge = Number(this.#db.prepare(oldest).get(nowMs - daysMax * DAY_MS)?.id ?? 0);
    const upTo = Math.max(byCount, byAge);
    if (upTo <= 0) return;
    const some = "SELECT id FROM history WHERE id <= ? ORDER BY id LIMIT ?";
    const { changes } = this.#db
      .prepare(`DELETE FROM history WHERE id IN (${some})`)
      .run(upTo, PRUNE_ROWS_MAX);
    if (Number(changes) === PRUNE_ROWS_MAX) this.#sincePrune = PRUNE_EVERY_ROWS;
  }

  [Symbol.dispose](): void {
    this.#db[Symbol.dispose]();
  }
}

const COLUMN_OF = {
  kind: "kind",
  name: "name",
  fleet: "fleet",
  node: "node",
  state: '"to"',
  reason: "reason",
} as const;

function whereOf(
  filter: HistoryFilter,
  { before }: HistoryPage,
): { readonly where: string; readonly values: SQLInputValue[] } {
  const parts: (readonly [string, SQLInputValue])[] = [];
  for (const [field, column] of Object.entries(COLUMN_OF)) {
    const value = filter[field as keyof typeof COLUMN_OF];
    if (value !== undefined) parts.push([`${column} = ?`, value]);
  }
  const { namespaces, by, fromMs, toMs } = filter;
  if (namespaces !== undefined)
    parts.push(["namespace IN (SELECT value FROM json_each(?))", JSON.stringify(namespaces)]);
  if (by !== undefined)
    parts.push([
      `? IN ("by", CASE WHEN instr("by", ' ') > 0 THEN substr("by", instr("by", ' ') + 1) END)`,
      by,
    ]);
  if (fromMs !== undefined) parts.push(["at >= ?", fromMs]);
  if (toMs !== undefined) parts.push(["at < ?", toMs]);
  if (before !== undefined) parts.push(["id < ?", before]);
  const where = parts.map(([text]) => text).join(" AND ") || "1";
  return { where, values: parts.map(([, value]) => value) };
}

function rowOfColumns(row: Record<string, unknown>): HistoryRow {
  const { at, fleet, node, message, ...rest } = row;
  const given = Object.entries({ fleet, node, message }).filter(([, value]) => value !== null);
  return { ...rest, atMs: Number(at), ...Object.fromEntries(given) } as unknown as HistoryRow;
}
