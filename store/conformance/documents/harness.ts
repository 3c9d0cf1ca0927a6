import { expect } from "vitest";
import type {
  Collection,
  CollectionSpec,
  DocumentBounds,
  DocumentStore,
} from "../../documents/document-store.ts";

/** One storage of an adapter under test. */
export interface DocumentHarness extends AsyncDisposable {
  /** Opens a store on the storage; several may be open at once, as several processes would. */
  open(): Promise<DocumentStore>;
}

/** Small bounds, so that the suite meets them. */
export const DOCUMENT_TEST_BOUNDS: DocumentBounds = { bodyCharsMax: 20_000, pageMax: 7 };

export interface Ship {
  readonly owner?: string;
  readonly name?: string;
  readonly size?: number;
  readonly more?: unknown;
}

/** A rule of one field, a rule of two, and indexes with and without an order. */
export const SHIPS: CollectionSpec<Ship> = {
  name: "ships",
  fields: { owner: "string", name: "string", size: "number" },
  unique: { name: ["name"], ownerSize: ["owner", "size"] },
  indexes: {
    all: { equal: [] },
    bySize: { equal: [], order: "size" },
    ofOwner: { equal: ["owner"] },
    ofOwnerByName: { equal: ["owner"], order: "name" },
  },
  migrations: [],
};

/** What the parts of the suite share. */
export interface DocumentSuite {
  readonly adapter: string;
  readonly makeHarness: () => Promise<DocumentHarness>;
  /** Runs `use` on a collection of ships in a storage of its own. */
  readonly inShips: (
    use: (ships: Collection<Ship>, store: DocumentStore, harness: DocumentHarness) => Promise<void>,
  ) => Promise<void>;
}

export async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: "FleetError", code });
}

export async function expectTaken(promise: Promise<unknown>, key: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code: "ALREADY_EXISTS", details: { key } });
}

/** The order of texts in every store: that of their bytes in UTF-8. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
