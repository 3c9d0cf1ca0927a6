import { writeSync } from "node:fs";
import { systemClock } from "../../core/std/clock.ts";
import { isFleetError } from "../../core/std/errors.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import { openSqliteDocumentStore, SQLITE_DOCUMENT_BOUNDS } from "./sqlite-document-store.ts";

const WRITERS = 8;

// Counts up in documents of its own and in one that is shared, and says so after each answer, until it is killed.
const [path = "", name = ""] = process.argv.slice(2);
const store = await openSqliteDocumentStore({
  ...SQLITE_DOCUMENT_BOUNDS,
  ...DOCUMENT_TEST_BOUNDS,
  path,
  clock: systemClock,
});
const ships = await store.collection(SHIPS);

async function countUp(id: string): Promise<void> {
  for (;;) {
    const { kept } = await ships.insertOnce(id, { size: 0 });
    const size = (kept.body.size ?? 0) + 1;
    try {
      await ships.replace(id, kept.version, { size });
      writeSync(1, `${id} ${size}\n`);
    } catch (error) {
      if (!isFleetError(error, "CONFLICT")) throw error;
    }
  }
}

const own = Array.from({ length: WRITERS }, (_, i) => countUp(`${name}${i}`));
await Promise.all([...own, countUp("shared")]);
