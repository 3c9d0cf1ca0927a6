import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeResourceStore } from "../conformance/resource-store.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";
import { UNFINISHED } from "./segment-files.ts";

/** Segments of few records, so that every test meets a change of segment. */
const SMALL = { segmentBytes: 32_768, unfoldedMax: 2, retryMs: 0 };

describeResourceStore("journal", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-journal-"));
  return {
    open: (options) => openJournalResourceStore({ ...options, ...SMALL, folder }),
    setFull: (full) => {
      // The kernel answers every write to /dev/full with ENOSPC.
      rmSync(join(folder, UNFINISHED), { force: true });
      if (full) symlinkSync("/dev/full", join(folder, UNFINISHED));
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  };
});
