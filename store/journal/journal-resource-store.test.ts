import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describeResourceStore } from "../conformance/resource-store.ts";
import { openJournalResourceStore } from "./journal-resource-store.ts";
import { epochOf, listSegments, unfinishedName } from "./segment-files.ts";

/** Segments of few records, so that every test meets a change of segment. */
const SMALL = {
  ...{ segmentBytes: 32_768, unfoldedMax: 2, retryMs: 0 },
  ...{ leaderLookMs: 50, snapshotWaitMs: 500 },
};

describeResourceStore("journal", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-journal-"));
  return {
    open: (options) => openJournalResourceStore({ ...options, ...SMALL, folder }),
    setFull: async (full) => {
      const epoch = epochOf(listSegments(folder).at(-1) ?? 0);
      const unfinished = join(folder, unfinishedName(epoch));
      if (!full) return rmSync(unfinished);
      while (existsSync(unfinished)) await setImmediate();
      // The kernel answers every write to /dev/full with ENOSPC.
      symlinkSync("/dev/full", unfinished);
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  };
});
