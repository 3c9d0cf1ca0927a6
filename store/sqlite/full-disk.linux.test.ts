import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import { openSqliteDocumentStore, SQLITE_DOCUMENT_BOUNDS } from "./sqlite-document-store.ts";

const DISK_MIB = 2;
it("refuses writes with STORAGE_FULL on a full disk, keeps what it answered, and goes on when there is space", async () => {
  using disk = new SmallDisk(DISK_MIB);
  const options = {
    ...SQLITE_DOCUMENT_BOUNDS,
    ...DOCUMENT_TEST_BOUNDS,
    path: join(disk.path, "db"),
    clock: systemClock,
  };
  const ballast = join(disk.path, "ballast");
  writeFileSync(ballast, Buffer.alloc((DISK_MIB / 2) * 1_048_576));
  const answered: string[] = [];
  {
    await using store = await openSqliteDocumentStore(options);
    const ships = await store.collection(SHIPS);
    const more = "x".repeat(10_000);
    let refused: unknown;
    for (let i = 0; refused === undefined && i < 1_000; i++)
      await ships.insert(`s${i}`, { name: `n${i}`, more }).then(
        ({ id }) => answered.push(id),
        (error) => {
          refused = error;
        },
      );
    expect(refused).toMatchObject({ code: "STORAGE_FULL" });
    expect(answered.length).toBeGreaterThan(10);
    expect(await ships.get(`s${answered.length}`)).toBeUndefined();
    expect((await ships.get(answered.at(-1) ?? ""))?.body.more).toBe(more);
    rmSync(ballast);
    await ships.insert("after", {});
  }
  await using again = await openSqliteDocumentStore(options);
  const ships = await again.collection(SHIPS);
  for (const id of [...answered, "after"]) expect((await ships.get(id))?.id).toBe(id);
});
