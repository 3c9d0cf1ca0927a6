import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "../../core/std/assert.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { FieldValue } from "../documents/document-store.ts";
import type { DocumentTable, NewRow, Outcome, Row, Search } from "../documents/document-table.ts";
import { brokenRule } from "../documents/live-document-store.ts";
import { type AnySpec, fieldsOf } from "../documents/shape.ts";
import type { FileOutcome } from "./document-file.ts";
import {
  columnOf,
  type IndexSql,
  indexesOf,
  selectRows,
  type TableNames,
  tableOf,
} from "./statements.ts";
import type { Writer } from "./writer.ts";

export interface SqliteTableParts {
  readonly writer: Writer;
  /** Runs a read; the file may be busy for a moment. */
  readonly read: <R>(work: (db: DatabaseSync) => R) => Promise<R>;
}

/** Columns of a read. */
const ROW = "id, version, shape, body";

/** A collection as one SQLite table: writes go to the worker, reads are made where they are asked for. */
export class SqliteTable implements DocumentTable {
  readonly #spec: AnySpec;
  readonly #parts: SqliteTableParts;
  readonly #names: TableNames;
  readonly #indexes: readonly IndexSql[];
  readonly #statements = new Map<string, StatementSync>();

  constructor(spec: AnySpec, parts: SqliteTableParts) {
    this.#spec = spec;
    this.#parts = parts;
    this.#names = tableOf(spec);
    this.#indexes = indexesOf(spec);
  }

  async insert(row: NewRow): Promise<Outcome> {
    const { name: collection } = this.#spec;
    const write = { op: "insert", collection, values: this.#valuesOf(row) } as const;
    return this.#outcomeOf(await this.#parts.writer.write(write, row.text.length));
  }

  async replace(row: NewRow, expected: string): Promise<Outcome> {
    const { name: collection } = this.#spec;
    const write = { op: "replace", collection, values: this.#valuesOf(row), expected } as const;
    return this.#outcomeOf(await this.#parts.writer.write(write, row.text.length));
  }

  async delete(id: string, expected: string | undefined): Promise<Outcome> {
    const write = { op: "delete", collection: this.#spec.name, id, expected } as const;
    return this.#outcomeOf(await this.#parts.writer.write(write, id.length));
  }

  async read(ids: readonly string[]): Promise<readonly Row[]> {
    const [only] = ids;
    if (ids.length === 1 && only !== undefined) return await this.#select("id = ?", [only]);
    return await this.#select("id IN (SELECT value FROM json_each(?))", [JSON.stringify(ids)]);
  }

  async readBy(unique: string, values: readonly FieldValue[]): Promise<Row | undefined> {
    const fields: readonly string[] = this.#spec.unique[unique] ?? [];
    const terms = fields.map((field) => `${columnOf(field)} = ?`);
    const [row] = await this.#select(terms.join(" AND "), values);
    return row;
  }

  async search(search: Search): Promise<readonly Row[]> {
    const { sql, values } = selectRows(this.#names, this.#indexes, search);
    return await this.#rows(sql, values);
  }

  async misshapen(shape: string, afterId: string, limit: number): Promise<readonly Row[]> {
    const where = "id > ? AND shape <> ? ORDER BY id LIMIT ?";
    return await this.#select(where, [afterId, shape, limit]);
  }

  async readShape(): Promise<string | undefined> {
    const select = "SELECT shape FROM collection WHERE name = ?";
    const row = await this.#parts.read((db) => db.prepare(select).get(this.#spec.name));
    return row && String(row.shape);
  }

  async writeShape(shape: string): Promise<void> {
    const write = { op: "mark", collection: this.#spec.name, shape } as const;
    await this.#parts.writer.write(write, shape.length);
  }

  async makeIndexes(): Promise<void> {
    const request = { do: "index", names: this.#names, indexes: this.#indexes } as const;
    await this.#parts.writer.ask(request).catch((error) => {
      if (!isFleetError(error, "ALREADY_EXISTS")) throw error;
      throw brokenRule(this.#spec.name, this.#keyOf(error.message), error);
    });
  }

  #select(where: string, values: readonly FieldValue[]): Promise<readonly Row[]> {
    return this.#rows(`SELECT ${ROW} FROM ${this.#names.table} WHERE ${where}`, values);
  }

  #rows(sql: string, values: readonly FieldValue[]): Promise<readonly Row[]> {
    return this.#parts.read((db) => {
      const known = this.#statements.get(sql) ?? db.prepare(sql);
      this.#statements.set(sql, known);
      return known.all(...values).map(rowOf);
    });
  }

  #valuesOf({ id, version, shape, fields, text }: NewRow): (string | number | null)[] {
    const columns = fieldsOf(this.#spec).map(([field]) => fields[field] ?? null);
    return [version, shape, text, ...columns, id];
  }

  #outcomeOf(outcome: FileOutcome): Outcome {
    if (typeof outcome === "string") return { is: outcome };
    return { is: "taken", key: this.#keyOf(outcome.broken) };
  }

  /** The rule that SQLite's words speak of: it names the columns. */
  #keyOf(words: string): string {
    if (words.endsWith(`${this.#names.table}.id`)) return "id";
    const broken = this.#indexes.find((index) => index.broken && words.endsWith(index.broken));
    assert(broken, `${this.#spec.name} has no rule for: ${words}`);
    return broken.rule;
  }
}

function rowOf(row: Record<string, unknown>): Row {
  const { id, version, shape, body } = row;
  return { id: String(id), version: String(version), shape: String(shape), text: String(body) };
}
