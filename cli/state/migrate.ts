import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { copyFolder, LINKED, syncPath, syncTree } from "./copy-folder.ts";
import { bytesOfCopy, type DiskWish, demandRoom, toldOfRoom } from "./disk-room.ts";
import { readStamp, refuseNewer, type Stamp, writeStamp } from "./stamp.ts";
import type { StatePart, StateStep } from "./steps.ts";

/** Copies under way; without `commit.json` in it nobody needs them. */
const WORK = "migration";
const COMMIT = "commit.json";
/** The parts as they were before the last migration, for a release that is put back. */
const BEFORE = "before";
const BEFORE_RECORD = "before.json";

export interface MigrateOptions {
  readonly steps: readonly StateStep[];
  /** This release. */
  readonly writtenBy: string;
  /** Opens the converted copies in `folder` as they will be opened later; throws when they are not good. */
  readonly verify: (folder: string, parts: readonly StatePart[]) => Promise<void>;
  /** What that writes beside them. */
  readonly verifyBytes: number;
}
export interface Migration {
  readonly from: number;
  readonly to: number;
  /** What was copied and converted; the old ones are kept in `before/` until the next migration. */
  readonly parts: readonly StatePart[];
  readonly about: readonly string[];
}

interface Commit {
  readonly old: Stamp;
  readonly next: Stamp;
  readonly parts: readonly StatePart[];
}

/** What has to be done to bring a folder of this format forward; undefined when there is nothing. Pure. */
export function planMigration(from: number, steps: readonly StateStep[]): Migration | undefined {
  const todo = steps.slice(from);
  if (todo.length === 0) return undefined;
  const parts = [...new Set(todo.flatMap((step) => step.parts))];
  return { from, to: steps.length, parts, about: todo.map(({ about }) => about) };
}

/**
 * Brings a state folder that nobody uses to the format of this release: copies, converts, opens the copies, and only
 * then puts them in place, at one moment. Whatever fails or dies before that moment leaves the old state as it was;
 * whatever dies after it is finished by the next call. Undefined when there was nothing to do.
 */
export async function migrateState(
  folder: string,
  options: MigrateOptions,
): Promise<Migration | undefined> {
  const { steps, writtenBy, verify } = options;
  await finish(folder);
  const old = readStamp(folder);
  refuseNewer(folder, old, steps.length);
  const plan = planMigration(old.format, steps);
  if (!plan) return undefined;
  const work = join(folder, WORK);
  const parts = plan.parts.filter((part) => existsSync(join(folder, part)));
  const room = await roomFor(folder, parts, options);
  try {
    await demandRoom(room);
    await mkdir(work, { mode: 0o700 });
    for (const part of parts) await copyFolder(join(folder, part), join(work, part));
    for (const step of steps.slice(old.format)) await step.convert(work);
    await verify(work, parts);
    await syncTree(work);
    await syncPath(folder);
    const commit: Commit = { old, next: { format: plan.to, writtenBy }, parts };
    await replaceFile(join(work, COMMIT), 0o600, `${JSON.stringify(commit)}\n`);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    const why = await toldOfRoom(error, room);
    const message = `the state in ${folder} cannot be brought from format ${plan.from} to ${plan.to}: ${messageOf(why)}`;
    const next =
      why instanceof FleetError && why.code === "STORAGE_FULL"
        ? "make room there and start again; the old state is untouched"
        : "the old state is untouched: go on with the release that wrote it, and report this";
    throw new FleetError("FAILED_PRECONDITION", message, { next }, error);
  }
  await finish(folder);
  return { ...plan, parts };
}

/** The copies, which grow a little when they are converted, and what is made when they are opened. */
async function roomFor(
  folder: string,
  parts: readonly StatePart[],
  { verifyBytes }: MigrateOptions,
): Promise<DiskWish> {
  const isLinked = (name: string): boolean => LINKED.has(name);
  const sizes = await Promise.all(parts.map((part) => bytesOfCopy(join(folder, part), isLinked)));
  const copies = sizes.reduce((sum, size) => sum + size, 0);
  const bytes = parts.length === 0 ? 0 : Math.ceil(copies * GROWTH) + verifyBytes;
  return { folder, bytes, what: "a converted copy of it" };
}
const GROWTH = 1.1;

/** Takes away copies that were never finished; puts finished ones in place, however far that had come. */
async function finish(folder: string): Promise<void> {
  const work = join(folder, WORK);
  const commit = await readCommit(join(work, COMMIT));
  if (!commit) return await rm(work, { recursive: true, force: true });
  const before = join(folder, BEFORE);
  // Those of an older migration: nobody goes back so far.
  const kept = await readCommit(join(folder, BEFORE_RECORD));
  if (kept?.next.format !== commit.next.format) {
    await rm(before, { recursive: true, force: true });
    if (commit.parts.length > 0) await mkdir(before, { mode: 0o700 });
    await replaceFile(join(folder, BEFORE_RECORD), 0o600, `${JSON.stringify(commit)}\n`);
  }
  for (const part of commit.parts) {
    const [fresh, place, old] = [join(work, part), join(folder, part), join(before, part)];
    if (!existsSync(fresh)) continue;
    if (existsSync(place)) await rename(place, old);
    await rename(fresh, place);
    await syncPath(before);
    await syncPath(folder);
  }
  await writeStamp(folder, commit.next);
  await rm(work, { recursive: true, force: true });
}

/** What the last migration can be taken back to. */
export interface KeptState {
  readonly stamp: Stamp;
  /** The release that migrated. */
  readonly migratedBy: string;
  /** Without parts nothing is lost by going back. */
  readonly parts: readonly StatePart[];
}

/** Undefined when there was no migration. */
export async function keptBefore(folder: string): Promise<KeptState | undefined> {
  const record = await readCommit(join(folder, BEFORE_RECORD));
  return record && { stamp: record.old, migratedBy: record.next.writtenBy, parts: record.parts };
}

/**
 * Puts the parts from before the last migration back, in a folder that nobody uses; what was written since is lost. May be
 * repeated when it died. False when nothing was kept.
 */
export async function revertMigration(folder: string): Promise<boolean> {
  await finish(folder);
  const record = await readCommit(join(folder, BEFORE_RECORD));
  if (!record) return false;
  for (const part of record.parts) {
    const [place, old] = [join(folder, part), join(folder, BEFORE, part)];
    if (!existsSync(old)) continue;
    await rm(place, { recursive: true, force: true });
    await rename(old, place);
  }
  if (record.old.format === 0) await rm(join(folder, "state.json"), { force: true });
  else await writeStamp(folder, record.old);
  await rm(join(folder, BEFORE_RECORD), { force: true });
  await rm(join(folder, BEFORE), { recursive: true, force: true });
  await syncPath(folder);
  return true;
}

async function readCommit(file: string): Promise<Commit | undefined> {
  try {
    // Written whole or not at all.
    return JSON.parse(await readFile(file, "utf8")) as Commit;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
