import type { Search } from "../documents/document-table.ts";
import { type AnySpec, digestOf, fieldsOf } from "../documents/shape.ts";

/** The table of a collection as SQL names it. Names were checked when the collection was declared. */
export interface TableNames {
  readonly collection: string;
  readonly table: string;
  /** A column for each field that is looked up. */
  readonly columns: readonly string[];
}

/** An index that a collection declares. */
export interface IndexSql {
  /** As the collection calls it. */
  readonly rule: string;
  /** As the file calls it: another one for another definition. */
  readonly name: string;
  /** What SQLite names when a unique rule is broken; undefined for an index that is not unique. */
  readonly broken: string | undefined;
  readonly create: string;
}

export const columnOf = (field: string): string => `f_${field}`;

export function tableOf(spec: AnySpec): TableNames {
  const columns = fieldsOf(spec).map(([field]) => columnOf(field));
  return { collection: spec.name, table: `doc_${spec.name}`, columns };
}

export function createTable({ table }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    id TEXT PRIMARY KEY, version TEXT NOT NULL, shape TEXT NOT NULL, body TEXT NOT NULL) STRICT`;
}

/** Values in this order: version, shape, body, one for each column, id. */
export function insertRow({ table, columns }: TableNames): string {
  const all = ["version", "shape", "body", ...columns, "id"];
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${all.map(() => "?").join(", ")})`;
}

/** Values as for `insertRow`, then the version that is expected. */
export function replaceRow({ table, columns }: TableNames): string {
  const set = ["version", "shape", "body", ...columns].map((column) => `${column} = ?`);
  return `UPDATE ${table} SET ${set.join(", ")} WHERE id = ? AND version = ?`;
}

/** The unique rules and the indexes of a collection. */
export function indexesOf(spec: AnySpec): readonly IndexSql[] {
  const unique = Object.entries(spec.unique).map(([name, fields]) =>
    indexSql(spec, name, fields.map(columnOf), true),
  );
  const plain = Object.entries(spec.indexes).map(([name, { equal, order }]) => {
    const columns = [...equal, ...(order ? [order] : [])].map(columnOf);
    return indexSql(spec, name, [...columns, "id"], false);
  });
  return [...unique, ...plain];
}

function indexSql(
  spec: AnySpec,
  rule: string,
  columns: readonly string[],
  isUnique: boolean,
): IndexSql {
  const { table } = tableOf(spec);
  const definition = `${isUnique ? "UNIQUE " : ""}(${columns.join(", ")})`;
  const name = `${table}_${rule}_${digestOf(definition)}`;
  const create = `CREATE ${isUnique ? "UNIQUE " : ""}INDEX IF NOT EXISTS ${name} ON ${table} (${columns.join(", ")})`;
  const broken = isUnique ? columns.map((column) => `${table}.${column}`).join(", ") : undefined;
  return { rule, name, broken, create };
}

/** A search and its values. It names its index, one of `indexes`: SQLite refuses it rather than look at every row. */
export function selectRows(
  { table }: TableNames,
  indexes: readonly IndexSql[],
  search: Search,
): { readonly sql: string; readonly values: (string | number)[] } {
  const { equal, order, from, until, after, isDescending, skip, limit } = search;
  const column = order === undefined ? undefined : columnOf(order);
  const terms = equal.map(([field, value]) => ({ sql: `${columnOf(field)} = ?`, values: [value] }));
  if (column) terms.push({ sql: `${column} IS NOT NULL`, values: [] });
  if (from !== undefined) terms.push({ sql: `${column} >= ?`, values: [from] });
  if (until !== undefined) terms.push({ sql: `${column} < ?`, values: [until] });
  if (after) {
    const beyond = isDescending ? "<" : ">";
    const { id, value } = after;
    if (value === undefined) terms.push({ sql: `id ${beyond} ?`, values: [id] });
    else terms.push({ sql: `(${column}, id) ${beyond} (?, ?)`, values: [value, id] });
  }
  const direction = isDescending ? "DESC" : "ASC";
  const sorted = [...(column ? [column] : []), "id"].map((one) => `${one} ${direction}`);
  const where = terms.length > 0 ? `WHERE ${terms.map(({ sql }) => sql).join(" AND ")}` : "";
  const index = indexes.find(({ rule }) => rule === search.index);
  const sql = `SELECT id, version, shape, body FROM ${table}
    INDEXED BY ${index?.name} ${where} ORDER BY ${sorted.join(", ")} LIMIT ? OFFSET ?`;
  return { sql, values: [...terms.flatMap(({ values }) => values), limit, skip] };
}
