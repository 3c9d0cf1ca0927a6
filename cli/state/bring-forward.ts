import { join } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { lockSoon } from "../up/lock-soon.ts";
import { openStateFolder } from "../up/state-folder.ts";
import { packageVersion } from "../version.ts";
import { clearChecks } from "./check-copy.ts";
import { type MigrateOptions, type Migration, migrateState } from "./migrate.ts";
import { OPEN_PARTS_BYTES, openParts } from "./open-parts.ts";
import { readStamp, refuseNewer } from "./stamp.ts";
import { STATE_STEPS } from "./steps.ts";

const LOCK = { clock: systemClock, patienceMs: 20_000, pauseMs: 20 };

/** How this release brings states forward. */
export function ownMigration(): MigrateOptions {
  return {
    steps: STATE_STEPS,
    writtenBy: packageVersion(),
    verify: openParts,
    verifyBytes: OPEN_PARTS_BYTES,
  };
}

/**
 * Brings a state folder, whose lock the caller has, to the format of this release; a sentence when there was something
 * to do. Waits for a server and an agent of an `up` that was killed: they still write.
 */
export async function bringForward(folder: string): Promise<string | undefined> {
  const ending = new Promise<never>(() => undefined);
  using _server = await lockSoon(join(folder, "server"), { ...LOCK, ending });
  using _agent = await lockSoon(join(folder, "agent"), { ...LOCK, ending });
  await clearChecks(folder);
  const done = await migrateState(folder, ownMigration());
  return done && sentenceOf(done);
}

/** What a part that is started alone does first: on one machine there may be two such parts, one after the other. */
export async function openForwardFolder(
  folder: string,
  serverUid: number | undefined,
): Promise<void> {
  const { path } = openStateFolder(folder, serverUid);
  const stamp = readStamp(path);
  refuseNewer(path, stamp, STATE_STEPS.length);
  // An agent or a server beside this one has its part open, and has seen to it.
  if (stamp.format < STATE_STEPS.length) await bringForward(path);
}

export function sentenceOf({ from, to, parts }: Migration): string {
  const kept = parts.length === 0 ? "" : `; ${parts.join(" and ")} as before are in before/`;
  return `state brought from format ${from} to ${to}${kept}`;
}
