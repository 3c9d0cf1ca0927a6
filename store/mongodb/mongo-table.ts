import type { Collection, Db, Filter, MongoServerError } from "mongodb";
import { FleetError } from "../../core/std/errors.ts";
import type { FieldValue } from "../documents/document-store.ts";
import type { DocumentTable, NewRow, Outcome, Row, Search } from "../documents/document-table.ts";
import { brokenRule } from "../documents/live-document-store.ts";
import { type AnySpec, digestOf } from "../documents/shape.ts";
import { isDuplicate, namedIndex } from "./mongo-errors.ts";

/**
 * A document of ours in MongoDB. The body is JSON text, so that every member name and every number comes back as it
 * was written, in every server that speaks the protocol; what is looked up lies beside it.
 */
interface MongoRow {
  readonly _id: string;
  readonly version: string;
  readonly shape: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** One text for each unique rule: servers without partial indexes count a missing member as a value too. */
  readonly keys: Readonly<Record<string, string>>;
  readonly body: string;
}
interface Mark {
  readonly _id: string;
  readonly shape: string;
}

/** Runs a command, again when it failed in passing; `tries` counts those before. */
export type Attempt = <R>(work: (db: Db, tries: number) => Promise<R>) => Promise<R>;

interface MongoIndex {
  readonly rule: string;
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
  readonly unique: boolean;
}

const PREFIX = "flotilla_";
const DONE: Outcome = { is: "done" };

/** A collection as one of MongoDB's. A version is made before the first try, so that a repeated write knows itself again. */
export class MongoTable implements DocumentTable {
  readonly #spec: AnySpec;
  readonly #attempt: Attempt;
  readonly #indexes: readonly MongoIndex[];

  constructor(spec: AnySpec, attempt: Attempt) {
    this.#spec = spec;
    this.#attempt = attempt;
    this.#indexes = indexesOf(spec);
  }

  insert(row: NewRow): Promise<Outcome> {
    return this.#attempt(async (db, tries) => {
      try {
        await this.#rows(db).insertOne(mongoRowOf(this.#spec, row));
        return DONE;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        if (tries > 0 && (await this.#versionOf(db, row.id)) === row.version) return DONE;
        return { is: "taken", key: await this.#keyOf(db, error, row) };
      }
    });
  }

  replace(row: NewRow, expected: string): Promise<Outcome> {
    return this.#attempt(async (db, tries) => {
      const { _id, ...rest } = mongoRowOf(this.#spec, row);
      try {
        const { matchedCount } = await this.#rows(db).replaceOne({ _id, version: expected }, rest);
        return matchedCount > 0 ? DONE : await this.#missed(db, _id, row.version, tries);
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return { is: "taken", key: await this.#keyOf(db, error, row) };
      }
    });
  }

  delete(id: string, expected: string | undefined): Promise<Outcome> {
    const filter = expected === undefined ? { _id: id } : { _id: id, version: expected };
    return this.#attempt(async (db, tries) => {
      const { deletedCount } = await this.#rows(db).deleteOne(filter);
      if (deletedCount > 0) return DONE;
      const outcome = await this.#missed(db, id, undefined, tries);
      return outcome.is === "absent" && tries > 0 ? DONE : outcome;
    });
  }

  read(ids: readonly string[]): Promise<readonly Row[]> {
    // FerretDB finds one id by its index, and several by looking at every document.
    const [first] = ids;
    const isOne = ids.length === 1 && first !== undefined;
    return this.#find({ _id: isOne ? first : { $in: [...ids] } }, ids.length);
  }

  async readBy(unique: string, values: readonly FieldValue[]): Promise<Row | undefined> {
    const [row] = await this.#find({ [`keys.${unique}`]: JSON.stringify(values) }, 1);
    return row;
  }

  search(search: Search): Promise<readonly Row[]> {
    const index = this.#indexes.find(({ rule }) => rule === search.index);
    const direction = search.isDescending ? -1 : 1;
    const names = [...(search.order === undefined ? [] : [`fields.${search.order}`]), "_id"];
    const sort = Object.fromEntries(names.map((name) => [name, direction] as const));
    const { skip, limit } = search;
    return this.#attempt(async (db) => {
      const found = this.#rows(db).find(filterOf(search), { sort, skip, limit });
      if (index) found.hint(index.name);
      return (await found.toArray()).map(rowOf);
    });
  }

  misshapen(shape: string, afterId: string, limit: number): Promise<readonly Row[]> {
    return this.#find({ _id: { $gt: afterId }, shape: { $ne: shape } }, limit);
  }

  async readShape(): Promise<string | undefined> {
    const mark = await this.#attempt((db) => marksIn(db).findOne({ _id: this.#spec.name }));
    return mark?.shape;
  }

  async writeShape(shape: string): Promise<void> {
    const filter = { _id: this.#spec.name };
    await this.#attempt((db) => marksIn(db).replaceOne(filter, { shape }, { upsert: true }));
  }

  async makeIndexes(): Promise<void> {
    const found = await this.#attempt((db) => this.#foundIndexes(db));
    for (const { rule, name, key, unique } of this.#indexes) {
      // Every collection has this one, under a name that nobody may choose.
      if (name === ID_INDEX || found.includes(name)) continue;
      const options = unique ? { name, unique } : { name };
      await this.#attempt(async (db) => {
        await this.#rows(db)
          .createIndex(key, options)
          .catch((error) => {
            throw isDuplicate(error) ? brokenRule(this.#spec.name, rule, error) : error;
          });
      });
    }
    // Only our own: an operator may have made some by hand.
    const wanted = this.#indexes.map(({ name }) => name);
    const others = found.filter((name) => name.startsWith(PREFIX) && !wanted.includes(name));
    for (const name of others) await this.#attempt((db) => this.#rows(db).dropIndex(name));
  }

  async #foundIndexes(db: Db): Promise<string[]> {
    const found = await this.#rows(db)
      .indexes()
      .catch((error) => {
        if (Number(error.code) === NAMESPACE_NOT_FOUND) return [];
        throw error;
      });
    return found.map(({ name = "" }) => name);
  }

  #rows(db: Db): Collection<MongoRow> {
    return db.collection<MongoRow>(this.#spec.name);
  }

  #find(filter: Filter<MongoRow>, limit: number): Promise<readonly Row[]> {
    return this.#attempt(async (db) => {
      const found = await this.#rows(db)
        .find(filter, { sort: { _id: 1 }, limit })
        .toArray();
      return found.map(rowOf);
    });
  }

  async #versionOf(db: Db, id: string): Promise<string | undefined> {
    const found = await this.#rows(db).findOne({ _id: id }, { projection: { version: 1 } });
    return found?.version;
  }

  /** Why nothing was swapped. After a try whose answer was lost it may have been our own doing, or not: then nobody knows. */
  async #missed(db: Db, id: string, own: string | undefined, tries: number): Promise<Outcome> {
    const version = await this.#versionOf(db, id);
    if (version === undefined) return { is: "absent" };
    if (version === own) return DONE;
    if (tries === 0) return { is: "changed" };
    const message = `the answer to a write of ${this.#spec.name} ${id} was lost; read it again`;
    throw new FleetError("UNAVAILABLE", message, { collection: this.#spec.name, id });
  }

  /** The rule that a row broke. Not every server says which: then the one is named whose key somebody else has. */
  async #keyOf(db: Db, error: MongoServerError, row: NewRow): Promise<string> {
    const named = namedIndex(error);
    const rule = this.#indexes.find(({ name }) => name === named)?.rule;
    if (named === ID_INDEX || rule) return rule ?? "id";
    for (const [unique, key] of Object.entries(mongoRowOf(this.#spec, row).keys)) {
      const filter = { [`keys.${unique}`]: key, _id: { $ne: row.id } } as Filter<MongoRow>;
      if (await this.#rows(db).findOne(filter)) return unique;
    }
    return "id";
  }
}

const ID_INDEX = "_id_";
const marksIn = (db: Db): Collection<Mark> => db.collection<Mark>(`${PREFIX}collections`);
const NAMESPACE_NOT_FOUND = 26;

function indexesOf(spec: AnySpec): readonly MongoIndex[] {
  const unique = Object.entries(spec.unique).map(([rule, fields]) => {
    const name = `${PREFIX}${rule}_${digestOf(JSON.stringify(fields))}`;
    return { rule, name, key: { [`keys.${rule}`]: 1 }, unique: true } as const;
  });
  const plain = Object.entries(spec.indexes).map(([rule, { equal, order }]) => {
    const fields = [...equal, ...(order === undefined ? [] : [order])];
    const names = [...fields.map((field) => `fields.${field}`), "_id"];
    const own = `${PREFIX}${rule}_${digestOf(JSON.stringify(names))}`;
    const name = fields.length === 0 ? ID_INDEX : own;
    const key = Object.fromEntries(names.map((one) => [one, 1] as const));
    return { rule, name, key, unique: false } as const;
  });
  return [...unique, ...plain];
}

function mongoRowOf(spec: AnySpec, { id, version, shape, fields, text }: NewRow): MongoRow {
  const keys = Object.entries(spec.unique).map(([rule, names]) => {
    const values = names.map((name) => fields[name]);
    // A document that the rule does not hold for gets a key that nobody else can have: no JSON begins like this.
    return [rule, values.includes(undefined) ? `-${id}` : JSON.stringify(values)] as const;
  });
  return { _id: id, version, shape, fields, keys: Object.fromEntries(keys), body: text };
}

function rowOf({ _id, version, shape, body }: MongoRow): Row {
  return { id: _id, version, shape, text: body };
}

/** Bounds are given on the order field itself beside the place to go on, so that the index is entered there. */
function filterOf({ equal, order, from, until, after, isDescending }: Search): Filter<MongoRow> {
  const filter: Record<string, unknown> = {};
  for (const [field, value] of equal) filter[`fields.${field}`] = value;
  const beyond = isDescending ? "$lt" : "$gt";
  if (order === undefined) {
    if (after) filter._id = { [beyond]: after.id };
    return filter as Filter<MongoRow>;
  }
  const name = `fields.${order}`;
  const range: Record<string, unknown> = { $exists: true };
  if (from !== undefined) range.$gte = from;
  if (until !== undefined) range.$lt = until;
  filter[name] = range;
  if (!after) return filter as Filter<MongoRow>;
  const { value, id } = after;
  filter.$or = [{ [name]: { [beyond]: value } }, { [name]: value, _id: { [beyond]: id } }];
  if (isDescending && until === undefined) range.$lte = value;
  if (!isDescending) range.$gte = value;
  return filter as Filter<MongoRow>;
}
