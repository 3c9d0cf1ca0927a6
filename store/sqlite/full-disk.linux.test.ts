import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import { openSqliteDocumentStore, SQLITE_DOCUMENT_BOUNDS } from "./sqlite-document-store.ts";

const DISK_BYTES = 2 * 1024 * 1024;
let disk: string;

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "flotilla-documents-disk-"));
  const mount = ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "none", disk];
  const { status, stderr } = spawnSync("mount", mount);
  if (status !== 0) throw new Error(`mount failed: ${stderr}`);
});
afterEach(() => {
  spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

it("refuses writes with STORAGE_FULL on a full disk, keeps what it answered, and goes on when there is space", async () => {
  const options = {
    ...SQLITE_DOCUMENT_BOUNDS,
    ...DOCUMENT_TEST_BOUNDS,
    path: join(disk, "db"),
    clock: systemClock,
  };
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(DISK_BYTES / 2));
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
