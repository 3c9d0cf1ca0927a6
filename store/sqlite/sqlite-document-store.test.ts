import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { describeDocumentStore } from "../conformance/documents/documents.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import {
  openSqliteDocumentStore,
  SQLITE_DOCUMENT_BOUNDS,
  type SqliteDocumentStoreOptions,
} from "./sqlite-document-store.ts";

/** All folders of this file's tests, which go whatever becomes of the tests. */
const base = mkdtempSync(join(tmpdir(), "flotilla-documents-"));
afterAll(() => rmSync(base, { recursive: true }));
const makeFolder = (): string => mkdtempSync(join(base, "one-"));
const optionsIn = (folder: string): SqliteDocumentStoreOptions => ({
  ...SQLITE_DOCUMENT_BOUNDS,
  ...DOCUMENT_TEST_BOUNDS,
  path: join(folder, "documents.db"),
  clock: systemClock,
});

describeDocumentStore(
  "sqlite",
  async () => {
    const folder = makeFolder();
    return {
      open: () => openSqliteDocumentStore(optionsIn(folder)),
      [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
    };
  },
  40,
);

it("makes its file for its owner alone", async () => {
  const folder = makeFolder();
  {
    await using store = await openSqliteDocumentStore(optionsIn(folder));
    await (await store.collection(SHIPS)).insert("a", {});
    for (const end of ["", "-wal", "-shm"])
      expect(statSync(`${optionsIn(folder).path}${end}`).mode & 0o777).toBe(0o600);
  }
});

it("puts all writes that wait into one transaction, and refuses those over its bound", async () => {
  const folder = makeFolder();
  {
    await using store = await openSqliteDocumentStore({ ...optionsIn(folder), waitingMax: 5 });
    const ships = await store.collection(SHIPS);
    const tries = Array.from({ length: 8 }, (_, i) => ships.insert(`s${i}`, {}));
    const codes = (await Promise.allSettled(tries)).map((one) =>
      one.status === "fulfilled" ? "done" : one.reason.code,
    );
    expect(codes).toEqual([...Array(5).fill("done"), ...Array(3).fill("EXHAUSTED")]);
  }
});

it("says that a file is no database, or of a newer release, and leaves it as it is", async () => {
  const folder = makeFolder();
  const { path } = optionsIn(folder);
  const rubbish = "this is no database, ".repeat(100);
  writeFileSync(path, rubbish);
  await expect(openSqliteDocumentStore(optionsIn(folder))).rejects.toThrow("not a database");
  expect(readFileSync(path, "utf8")).toBe(rubbish);
  rmSync(path);
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const refused = openSqliteDocumentStore(optionsIn(folder));
  await expect(refused).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining("version 99"),
  });
});

it("waits for another process that holds the file, up to its bound", async () => {
  const folder = makeFolder();
  {
    await using store = await openSqliteDocumentStore({ ...optionsIn(folder), busyMs: 50 });
    const ships = await store.collection(SHIPS);
    await ships.insert("a", { size: 1 });
    const other = new DatabaseSync(optionsIn(folder).path);
    other.exec("BEGIN IMMEDIATE");
    await expect(ships.insert("b", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await ships.get("a"))?.body.size).toBe(1);
    other.exec("ROLLBACK");
    other.close();
    await ships.insert("b", {});
  }
});

it("makes a new file once when several open it at the same moment", async () => {
  const folder = makeFolder();
  const opening = Array.from({ length: 6 }, async (_, i) => {
    await using store = await openSqliteDocumentStore(optionsIn(folder));
    await (await store.collection(SHIPS)).insert(`s${i}`, { name: `n${i}` });
  });
  await Promise.all(opening);
  {
    await using store = await openSqliteDocumentStore(optionsIn(folder));
    const ships = await store.collection(SHIPS);
    expect((await ships.find({ index: "all", equal: {}, limit: 7 })).items).toHaveLength(6);
  }
});

it("ends for good, with the reason, when what it writes to was taken away", async () => {
  const folder = makeFolder();
  const { path } = optionsIn(folder);
  {
    await using store = await openSqliteDocumentStore(optionsIn(folder));
    const ships = await store.collection(SHIPS);
    await ships.insert("a", {});
    const other = new DatabaseSync(path);
    other.exec("DROP TABLE doc_ships");
    other.close();
    await expect(ships.insert("b", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await store.fatal).message).toContain("doc_ships");
    await expect(ships.insert("c", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  }
});
