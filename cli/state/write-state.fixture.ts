import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Network } from "../../core/model/network.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { networkFile } from "../../runtime/network/network-file.ts";
import { EMPTY_NETWORK_STATE } from "../../runtime/network/network-state.ts";
import {
  JOURNAL_BOUNDS,
  type JournalStoreOptions,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { SqliteEventLog } from "../../store/journal/sqlite-event-log.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import type { Remembered } from "../../store/resource-store.ts";
import { openStateFolder } from "../up/state-folder.ts";
import { packageVersion } from "../version.ts";
import { writeStamp } from "./stamp.ts";
import { STATE_STEPS, type WRITTEN_FORMATS } from "./steps.ts";

/** State folders that releases wrote, one per release: what they hold is told by `NETWORKS`. */
export const WRITTEN: string = join(import.meta.dirname, "written");
/** More than one segment holds, so that some lie in the snapshot and some in the journal only. */
export const NETWORKS = 60;
/** Answers are kept for an hour: these were given in the year 2100. */
export const LATER_MS = 4_102_444_800_000;
const COMMON = { clock: systemClock, logger: silentLogger };
/** Small: what is checked in is a few kilobytes, compressed. */
export const SMALL: JournalStoreOptions = {
  ...STORE_BOUNDS,
  ...JOURNAL_BOUNDS,
  ...COMMON,
  folder: "",
  groupCharsMax: 2_000,
  segmentBytes: 16_384,
};

export const nameOf = (index: number): string => `net-${index}`;

function network(index: number): Network {
  const name = nameOf(index);
  const metadata = {
    name,
    namespace: "default",
    uid: `uid-${index}`,
    resourceVersion: "",
    generation: 1,
  };
  const spec = { subnet: `10.1.${index}.0/24`, outside: index % 2 === 0 };
  const creationTimestamp = "2026-11-28T00:00:00Z";
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Network",
    metadata: { ...metadata, creationTimestamp },
    spec,
    status: {},
  };
}

/** Writes a state folder with this release's own code. */
export async function writeState(folder: string): Promise<void> {
  openStateFolder(folder, undefined);
  const server = join(folder, "server");
  {
    await using store = await openJournalResourceStore({ ...SMALL, folder: server });
    for (let index = 0; index < NETWORKS; index++)
      await store.commit([{ op: "create", object: network(index) }], remembered(index));
  }
  {
    await using events = await SqliteEventLog.open({
      ...EVENT_BOUNDS,
      ...COMMON,
      folder: server,
      flushMs: 1,
      unwrittenMax: 10,
    });
    const subject = { kind: "Network", namespace: "default", name: nameOf(0) } as const;
    events.record({ type: "Normal", reason: "Placed", message: "written for a test", subject });
  }
  await networkFile(join(folder, "agent", "network.json")).save(EMPTY_NETWORK_STATE);
  await writeStamp(folder, { format: STATE_STEPS.length, writtenBy: packageVersion() });
}

function remembered(index: number): Remembered {
  return { key: `key-${index}`, at: LATER_MS + index, bodyHash: "hash", answer: "{}" };
}

/** The formats that are found in a state folder. */
export function formatsOf(folder: string): typeof WRITTEN_FORMATS {
  const server = join(folder, "server");
  const versionOf = (name: string): number => {
    using db = new DatabaseSync(join(server, name));
    return Number(db.prepare("SELECT value FROM meta WHERE name = 'version'").get()?.value);
  };
  const segment = readdirSync(server).find((name) => name.startsWith("journal-")) ?? "";
  const instance = JSON.parse(readFileSync(join(folder, "instance.json"), "utf8")) as {
    format: number;
  };
  const found = {
    snapshot: versionOf("snapshot.db"),
    events: versionOf("events.db"),
    journal: readFileSync(join(server, segment)).subarray(0, 4).toString(),
    instance: instance.format,
  };
  return found as typeof WRITTEN_FORMATS;
}

/** Run by itself at a release: keeps what this release writes in `written/<version>`. */
if (import.meta.main) {
  const target = join(WRITTEN, packageVersion());
  const folder = mkdtempSync(join(tmpdir(), "flotilla-written-"));
  await writeState(folder);
  writeFileSync(join(folder, "formats.json"), `${JSON.stringify(formatsOf(folder))}\n`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(WRITTEN, { recursive: true });
  const isKept = (path: string): boolean =>
    !/(\/lock(\.pid)?|\/(logs|run|sdk|images|layers|containers|volumes|secrets))$/.test(path);
  cpSync(folder, target, { recursive: true, filter: isKept });
  rmSync(folder, { recursive: true });
}
