import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../core/std/clock.ts";
import { DOCUMENT_BOUNDS, type DocumentStore } from "../../store/documents/document-store.ts";

/** A store by its URL: `file:///…` is an SQLite file, `mongodb://…` a server. What is not used is not loaded. */
export async function openDocuments(url: string, database: string): Promise<DocumentStore> {
  const bounds = { ...DOCUMENT_BOUNDS, clock: systemClock };
  if (/^mongodb(\+srv)?:\/\//.test(url)) {
    const { MONGO_DOCUMENT_BOUNDS, openMongoDocumentStore } = await import(
      "../../store/mongodb/mongo-document-store.ts"
    );
    return await openMongoDocumentStore({ ...MONGO_DOCUMENT_BOUNDS, ...bounds, url, database });
  }
  if (!url.startsWith("file://"))
    throw new Error("documents are kept at file:///path/to/a/file or mongodb://host/database");
  const { SQLITE_DOCUMENT_BOUNDS, openSqliteDocumentStore } = await import(
    "../../store/sqlite/sqlite-document-store.ts"
  );
  const path = fileURLToPath(url);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return await openSqliteDocumentStore({ ...SQLITE_DOCUMENT_BOUNDS, ...bounds, path });
}

/** Anybody may ask: which server is away, and how, stands in the log of whatever asks it for more. */
export async function whyAway(store: DocumentStore): Promise<string | undefined> {
  return await store.ping().then(
    () => undefined,
    () => "the documents are away",
  );
}
