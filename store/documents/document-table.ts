import type { FieldValue } from "./document-store.ts";
import type { AnySpec } from "./shape.ts";

/** A document on its way into a table: its body as text, and beside it what is looked up. */
export interface NewRow {
  readonly id: string;
  readonly version: string;
  /** See `shapeOf`. */
  readonly shape: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly text: string;
}

/** A document as a table gives it back. */
export interface Row {
  readonly id: string;
  readonly version: string;
  readonly shape: string;
  readonly text: string;
}

/** How a write ended: `taken` names the unique rule (or `id`), `changed` and `absent` say why nothing was swapped. */
export type Outcome =
  | { readonly is: "done" }
  | { readonly is: "taken"; readonly key: string }
  | { readonly is: "changed" }
  | { readonly is: "absent" };

/** A checked query: fields and values that hold, and where to go on. */
export interface Search {
  readonly index: string;
  readonly equal: readonly (readonly [field: string, value: FieldValue])[];
  readonly order: string | undefined;
  readonly from: FieldValue | undefined;
  readonly until: FieldValue | undefined;
  readonly isDescending: boolean;
  /** Only what comes behind this place, in the order of the search. */
  readonly after: Place | undefined;
  readonly skip: number;
  readonly limit: number;
}

/** Where a document stands in an index; `value` is that of the order field, if there is one. */
export interface Place {
  readonly value?: FieldValue;
  readonly id: string;
}

/** What an adapter does for one collection: plain rows, without schemas, checks and messages. */
export interface DocumentTable {
  insert(row: NewRow): Promise<Outcome>;
  replace(row: NewRow, expected: string): Promise<Outcome>;
  delete(id: string, expected: string | undefined): Promise<Outcome>;
  /** In no particular order. */
  read(ids: readonly string[]): Promise<readonly Row[]>;
  readBy(unique: string, values: readonly FieldValue[]): Promise<Row | undefined>;
  search(search: Search): Promise<readonly Row[]>;
  /** Rows behind `afterId` whose shape is another one, by id. */
  misshapen(shape: string, afterId: string, limit: number): Promise<readonly Row[]>;
  /** The shape that all rows have for certain; undefined when the table is new. */
  readShape(): Promise<string | undefined>;
  writeShape(shape: string): Promise<void>;
  /** Makes the indexes that are missing and drops those that nobody declares any more. */
  makeIndexes(): Promise<void>;
}

/** What an adapter brings; `LiveDocumentStore` makes a store of it. */
export interface DocumentTables extends AsyncDisposable {
  /** Opens the table of a collection, or makes it, without its indexes. */
  open(spec: AnySpec): Promise<DocumentTable>;
  ping(): Promise<void>;
  readonly fatal: Promise<Error>;
}
