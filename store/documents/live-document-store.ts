import { assert } from "../../core/std/assert.ts";
import { FleetError } from "../../core/std/errors.ts";
import type {
  Collection,
  CollectionSpec,
  DocumentBounds,
  DocumentStore,
} from "./document-store.ts";
import type { DocumentTables } from "./document-table.ts";
import { LiveCollection } from "./live-collection.ts";
import { anySpec, assertSpec } from "./shape.ts";

/** The store over what an adapter brings. */
export class LiveDocumentStore implements DocumentStore {
  readonly #tables: DocumentTables;
  readonly #bounds: DocumentBounds;
  readonly #names = new Set<string>();
  #closing: Promise<void> | undefined;

  constructor(tables: DocumentTables, bounds: DocumentBounds) {
    this.#tables = tables;
    this.#bounds = bounds;
  }

  get fatal(): Promise<Error> {
    return this.#tables.fatal;
  }

  async collection<T extends object>(spec: CollectionSpec<T>): Promise<Collection<T>> {
    const plain = anySpec(spec);
    assertSpec(plain);
    assert(!this.#names.has(spec.name), `${spec.name} is opened twice`);
    this.#names.add(spec.name);
    const table = await this.#tables.open(plain);
    const collection = new LiveCollection(spec, table, this.#bounds);
    await collection.migrate();
    await table.makeIndexes();
    await collection.markMigrated();
    return collection;
  }

  ping(): Promise<void> {
    return this.#tables.ping();
  }

  /** Safe to repeat. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= Promise.resolve(this.#tables[Symbol.asyncDispose]());
    await this.#closing;
  }
}

/** The error of an index that documents stand against. */
export function brokenRule(collection: string, key: string, cause: unknown): FleetError {
  const message = `documents of ${collection} break its unique rule ${key}; mend them first`;
  return new FleetError("FAILED_PRECONDITION", message, { collection, key }, cause);
}
