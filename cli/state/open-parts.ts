import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { EventFile } from "../../store/journal/event-file.ts";
import {
  JOURNAL_BOUNDS,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import type { StatePart } from "./steps.ts";

/** The journal makes a segment, and the next one while that is in use. */
export const OPEN_PARTS_BYTES: number = 2 * JOURNAL_BOUNDS.segmentBytes;

/** Opens copies of a state's parts as server and agent do; throws what they would. The copies are changed by it. */
export async function openParts(folder: string, parts: readonly StatePart[]): Promise<void> {
  const server = join(folder, "server");
  if (parts.includes("server") && existsSync(join(server, "snapshot.db"))) {
    const common = { clock: systemClock, logger: silentLogger };
    await using _store = await openJournalResourceStore({
      ...STORE_BOUNDS,
      ...JOURNAL_BOUNDS,
      ...common,
      folder: server,
    });
    using events = new EventFile(server, EVENT_BOUNDS.eventsMax);
    events.read();
  }
  const network = join(folder, "agent", "network.json");
  if (parts.includes("agent") && existsSync(network)) JSON.parse(readFileSync(network, "utf8"));
}
