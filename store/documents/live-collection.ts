import { randomUUID } from "node:crypto";
import { assert } from "../../core/std/assert.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { JsonObject } from "../../core/std/json.ts";
import type {
  Collection,
  CollectionSpec,
  DocumentBounds,
  DocumentQuery,
  FieldValue,
  Kept,
  Page,
} from "./document-store.ts";
import type { DocumentTable, NewRow, Outcome, Row } from "./document-table.ts";
import { searchOf, tokenOf } from "./page.ts";
import { type AnySpec, anySpec, checkId, fieldValues, schemaOf, shapeOf } from "./shape.ts";

/** One collection over the rows of an adapter: checks, versions, schemas, pages and the words of every error. */
export class LiveCollection<T extends object> implements Collection<T> {
  readonly #spec: AnySpec;
  readonly #table: DocumentTable;
  readonly #bounds: DocumentBounds;
  readonly #shape: string;

  constructor(spec: CollectionSpec<T>, table: DocumentTable, bounds: DocumentBounds) {
    this.#spec = anySpec(spec);
    this.#table = table;
    this.#bounds = bounds;
    this.#shape = shapeOf(this.#spec);
  }

  async insert(id: string, body: T): Promise<Kept<T>> {
    const row = this.#rowOf(id, body);
    this.#demand(id, await this.#table.insert(row));
    return { id, version: row.version, body };
  }

  async insertOnce(id: string, body: T): Promise<{ kept: Kept<T>; isNew: boolean }> {
    try {
      return { kept: await this.insert(id, body), isNew: true };
    } catch (error) {
      // A unique rule may be broken by the very document that was made before.
      if (!isFleetError(error, "ALREADY_EXISTS")) throw error;
      const kept = await this.get(id);
      if (!kept) throw error;
      return { kept, isNew: false };
    }
  }

  async get(id: string): Promise<Kept<T> | undefined> {
    checkId(this.#spec.name, id);
    const [row] = await this.#table.read([id]);
    return row && this.#keptOf(row);
  }

  async getMany(ids: readonly string[]): Promise<readonly Kept<T>[]> {
    assert(ids.length <= this.#bounds.pageMax, `${ids.length} ids at once`);
    for (const id of ids) checkId(this.#spec.name, id);
    if (ids.length === 0) return [];
    const rows = new Map((await this.#table.read(ids)).map((row) => [row.id, row]));
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? [this.#keptOf(row)] : [];
    });
  }

  async getBy(unique: string, values: readonly FieldValue[]): Promise<Kept<T> | undefined> {
    assert(Object.hasOwn(this.#spec.unique, unique), `${this.#spec.name} has no rule ${unique}`);
    const row = await this.#table.readBy(unique, values);
    return row && this.#keptOf(row);
  }

  async replace(id: string, expected: string, body: T): Promise<Kept<T>> {
    const row = this.#rowOf(id, body);
    this.#demand(id, await this.#table.replace(row, expected));
    return { id, version: row.version, body };
  }

  async delete(id: string, expected?: string): Promise<void> {
    checkId(this.#spec.name, id);
    this.#demand(id, await this.#table.delete(id, expected));
  }

  async find(query: DocumentQuery): Promise<Page<T>> {
    const search = searchOf(this.#spec, query, this.#bounds.pageMax);
    // One more than asked for tells whether this is the last page.
    const rows = await this.#table.search({ ...search, limit: search.limit + 1 });
    const items = rows.slice(0, search.limit).map((row) => this.#keptOf(row));
    const last = items.at(-1);
    if (!last || rows.length <= search.limit) return { items };
    const { order } = search;
    const value = order && ((last.body as Record<string, unknown>)[order] as FieldValue);
    const place = value === undefined ? { id: last.id } : { id: last.id, value };
    return { items, continue: tokenOf(this.#spec, query, place) };
  }

  /** Brings every row to this release's shape, so that indexes and unique rules see all of them. */
  async migrate(): Promise<void> {
    const found = await this.#table.readShape();
    if (found !== undefined) this.#assertKnown(found, this.#spec.name);
    if (found === this.#shape) return;
    let after = "";
    for (;;) {
      const rows = await this.#table.misshapen(this.#shape, after, this.#bounds.pageMax);
      await Promise.all(rows.map((row) => this.#reshape(row)));
      const last = rows.at(-1);
      if (!last) return;
      after = last.id;
    }
  }

  /** To be called when the indexes are there too: from now on a start need not look at the rows. */
  async markMigrated(): Promise<void> {
    await this.#table.writeShape(this.#shape);
  }

  /** A row that somebody else writes or deletes meanwhile has this shape afterwards, or none. */
  async #reshape(row: Row): Promise<void> {
    const { body } = this.#keptOf(row);
    const outcome = await this.#table.replace(this.#rowOf(row.id, body), row.version);
    if (outcome.is === "taken") this.#demand(row.id, outcome);
  }

  #rowOf(id: string, body: T): NewRow {
    const { name } = this.#spec;
    checkId(name, id);
    const fields = fieldValues(this.#spec, body);
    const text = JSON.stringify(body);
    if (text.length > this.#bounds.bodyCharsMax) {
      const message = `${name} ${id} has ${text.length} characters, more than ${this.#bounds.bodyCharsMax}`;
      throw new FleetError("TOO_LARGE", message, { collection: name, id });
    }
    return { id, version: randomUUID(), shape: this.#shape, fields, text };
  }

  #keptOf({ id, version, shape, text }: Row): Kept<T> {
    this.#assertKnown(shape, `${this.#spec.name} ${id}`);
    let body = JSON.parse(text) as JsonObject;
    for (const step of this.#spec.migrations.slice(schemaOf(shape))) body = step(body);
    return { id, version, body: body as unknown as T };
  }

  #assertKnown(shape: string, what: string): void {
    const { length: known } = this.#spec.migrations;
    if (schemaOf(shape) <= known) return;
    const message = `${what} has schema ${schemaOf(shape)} and this release knows up to ${known}; use the release that wrote it, or a newer one`;
    throw new FleetError("FAILED_PRECONDITION", message, { collection: this.#spec.name });
  }

  #demand(id: string, outcome: Outcome): void {
    if (outcome.is === "done") return;
    const { name: collection } = this.#spec;
    const details = { collection, id };
    if (outcome.is === "changed")
      throw new FleetError("CONFLICT", `${collection} ${id} was changed meanwhile`, details);
    if (outcome.is === "absent")
      throw new FleetError("NOT_FOUND", `there is no ${id} in ${collection}`, details);
    const { key } = outcome;
    const message = `${collection} has a document with this ${key} already`;
    throw new FleetError("ALREADY_EXISTS", message, { ...details, key });
  }
}
