import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { isFull } from "../../store/journal/segment-space.ts";
import { bytesOfCopy, type DiskWish, demandRoom, toldOfRoom } from "./disk-room.ts";
import { type MigrateOptions, type Migration, migrateState } from "./migrate.ts";
import { STAMP_FILE } from "./stamp.ts";

/** A copy of what changes all the time may be torn; then another one is taken. */
const TRIES_MAX = 3;
const DATABASES = ["snapshot.db", "events.db"];
const AGENT_FILES = ["network.json"];

/**
 * Tries this release on a copy of a state folder, which may be in use: migrates and opens the copy, and takes it away
 * again. Resolves with what a start would have to do; throws what it would throw.
 */
export async function checkCopy(
  folder: string,
  options: MigrateOptions,
): Promise<Migration | undefined> {
  const room = await roomFor(folder, options);
  await demandRoom(room);
  for (let attempt = 1; ; attempt++) {
    const copy = await mkdtemp(join(folder, "check-"));
    try {
      await copyLive(folder, copy);
      const migration = await migrateState(copy, options);
      if (!migration) await options.verify(copy, ["server", "agent"]);
      return migration;
    } catch (error) {
      if (attempt === TRIES_MAX || isFull(error)) throw await toldOfRoom(error, room);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }
}

/** A copy, that which a migration makes of it, and what both write when they are opened. */
async function roomFor(folder: string, { verifyBytes }: MigrateOptions): Promise<DiskWish> {
  const names = [...DATABASES, ...(await journalsIn(folder))].map((name) => join("server", name));
  const files = [...names, ...AGENT_FILES.map((name) => join("agent", name))];
  const sizes = await Promise.all(files.map((file) => bytesOfCopy(join(folder, file))));
  const copy = sizes.reduce((sum, size) => sum + size, 0);
  return { folder, bytes: 2 * copy + verifyBytes, what: "a copy of the state to try it on" };
}

async function journalsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, "server")).catch(() => []);
  return names.filter((one) => one.startsWith("journal-"));
}

/** The journal before its snapshot: what is folded in between is then there twice, which does no harm, and not nowhere. */
async function copyLive(folder: string, copy: string): Promise<void> {
  for (const part of ["server", "agent"]) await mkdir(join(copy, part), { mode: 0o700 });
  const [server, copied] = [join(folder, "server"), join(copy, "server")];
  const names = existsSync(server) ? await readdir(server) : [];
  for (const name of await journalsIn(folder))
    await copyIfThere(join(server, name), join(copied, name));
  for (const name of DATABASES.filter((one) => names.includes(one))) {
    using db = new DatabaseSync(join(server, name), { readOnly: true });
    await backup(db, join(copied, name));
  }
  for (const name of AGENT_FILES)
    await copyIfThere(join(folder, "agent", name), join(copy, "agent", name));
  await copyIfThere(join(folder, STAMP_FILE), join(copy, STAMP_FILE));
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Folders of checks that died. */
export async function clearChecks(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/^check-\w{6}$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
}
