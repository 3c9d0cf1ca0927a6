import type { JsonObject } from "../../core/std/json.ts";

/** What may be looked up: the type of a top-level member that a collection names among its `fields`. */
export type FieldType = "string" | "number";
export type FieldValue = string | number;

/** Documents that agree in `equal`, in the order of `order` (then of their ids). Only documents that have all of them are in it. */
export interface DocumentIndex<T> {
  readonly equal: readonly (keyof T & string)[];
  readonly order?: keyof T & string;
}

/**
 * One kind of documents, declared once as a constant. A released migration is never changed: step `i` brings a body of
 * schema `i` to schema `i + 1`, and the number of steps is the schema that this release writes.
 */
export interface CollectionSpec<T extends object> {
  /** Lowercase letters, digits and `_`. */
  readonly name: string;
  readonly fields: Readonly<Partial<Record<keyof T & string, FieldType>>>;
  /** By name: fields that no two documents may share; a document without one of them is free of the rule. */
  readonly unique: Readonly<Record<string, readonly (keyof T & string)[]>>;
  readonly indexes: Readonly<Record<string, DocumentIndex<T>>>;
  readonly migrations: readonly ((body: JsonObject) => JsonObject)[];
}

/** A document as it is kept. */
export interface Kept<T> {
  readonly id: string;
  /** Another one after each write, also when a deleted id is used again: what compare-and-swap compares. */
  readonly version: string;
  readonly body: T;
}

/** A part of an index, page by page. */
export interface DocumentQuery {
  readonly index: string;
  /** A value for each field that the index holds equal. */
  readonly equal: Readonly<Record<string, FieldValue>>;
  /** Bounds of the index's `order` field: the first is in, the second is out. */
  readonly from?: FieldValue;
  readonly until?: FieldValue;
  readonly isDescending?: boolean;
  /** Leaves out so many at the beginning, which costs their entries of the index and not their bodies; for a first page only. */
  readonly skip?: number;
  readonly limit: number;
  /** From the page before, of the same query. */
  readonly continue?: string;
}

export interface Page<T> {
  readonly items: readonly Kept<T>[];
  /** Absent on the last page. Opaque; it stays good while documents come and go. */
  readonly continue?: string;
}

/**
 * Documents of one kind. Bodies are JSON. Everything resolves after it is durable; UNAVAILABLE and TIMEOUT leave open
 * whether a write was made, every other error means that nothing changed.
 */
export interface Collection<T extends object> {
  /** ALREADY_EXISTS, with `details.key`: `id`, or the name of the unique rule. */
  insert(id: string, body: T): Promise<Kept<T>>;
  /** Idempotent creation: the document under `id`, made of `body` when there was none. */
  insertOnce(id: string, body: T): Promise<{ readonly kept: Kept<T>; readonly isNew: boolean }>;
  get(id: string): Promise<Kept<T> | undefined>;
  /** Those that are there, in the order of `ids`. */
  getMany(ids: readonly string[]): Promise<readonly Kept<T>[]>;
  /** The document that a unique rule leads to; `values` in the order of its fields. */
  getBy(unique: string, values: readonly FieldValue[]): Promise<Kept<T> | undefined>;
  /** CONFLICT when its version is another one by now, NOT_FOUND, ALREADY_EXISTS as for `insert`. */
  replace(id: string, expected: string, body: T): Promise<Kept<T>>;
  /** CONFLICT or NOT_FOUND as for `replace`; without `expected` whatever is there goes. */
  delete(id: string, expected?: string): Promise<void>;
  /** BAD_REQUEST when `continue` is not of this query. */
  find(query: DocumentQuery): Promise<Page<T>>;
}

/** Collections of documents; there is no write over several documents. */
export interface DocumentStore extends AsyncDisposable {
  /**
   * Makes what is missing, brings documents of older releases to this one's schema, and resolves when that is done.
   * Once per name. FAILED_PRECONDITION when a newer release has written there.
   */
  collection<T extends object>(spec: CollectionSpec<T>): Promise<Collection<T>>;
  /** Resolves when the store can answer; UNAVAILABLE otherwise. */
  ping(): Promise<void>;
  /** Resolves with the error when the medium failed in a way that must end the process. */
  readonly fatal: Promise<Error>;
}

export interface DocumentBounds {
  /** Characters of JSON in one body; more is TOO_LARGE. */
  readonly bodyCharsMax: number;
  /** Documents of one page, and ids of one `getMany`. */
  readonly pageMax: number;
}

export const DOCUMENT_BOUNDS: DocumentBounds = { bodyCharsMax: 4_000_000, pageMax: 1_000 };
