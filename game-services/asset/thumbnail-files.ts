import { createHash, randomUUID } from "node:crypto";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FleetError, messageOf } from "../../core/std/errors.ts";

/** Files that lie unused for so long are removed; one that is being put to use is younger. */
export const UNUSED_MS = 3_600_000;
const INCOMING = ".incoming";
const ASIDE = ".aside";
const DIGEST = /^[0-9a-f]{64}$/;

/** The name of a file: a digest of its bytes. */
export function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Files by the digest of their bytes, in one folder that several processes may share. A file appears under its name as a
 * whole and durable, or not at all.
 */
export class ThumbnailFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<ThumbnailFiles> {
    await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 });
    return new ThumbnailFiles(folder);
  }

  /** Resolves with the digest when the file is durable. STORAGE_FULL without space; nothing stays of what failed. */
  async write(bytes: Buffer): Promise<string> {
    const digest = digestOf(bytes);
    const path = this.#pathOf(digest);
    try {
      // Somebody else's file of the same bytes: from now on it is in use again.
      if (!(await touch(path))) await this.#make(path, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isFull = code === "ENOSPC" || code === "EDQUOT";
      const message = `${this.#folder}: ${messageOf(error)}`;
      throw new FleetError(isFull ? "STORAGE_FULL" : "UNAVAILABLE", message, {}, error);
    }
    return digest;
  }

  /** The bytes under a digest. */
  async read(digest: string): Promise<Buffer | undefined> {
    return await readFile(this.#pathOf(digest)).catch((error) => {
      if (error.code === "ENOENT") return undefined;
      throw new FleetError("UNAVAILABLE", messageOf(error), {}, error);
    });
  }

  /** Removes files that nobody uses, and what killed processes have left; how many. `now` is milliseconds since 1970. */
  async sweep(
    isUsed: (digest: string) => Promise<boolean>,
    now: number,
    signal: AbortSignal,
  ): Promise<number> {
    const before = now - UNUSED_MS;
    let removed = await this.#sweepIncoming(isUsed, before);
    for (const part of await readdir(this.#folder)) {
      if (part === INCOMING) continue;
      for (const digest of await readdir(join(this.#folder, part))) {
        if (signal.aborted) return removed;
        const isOld = await isOlder(join(this.#folder, part, digest), before);
        if (
          DIGEST.test(digest) &&
          isOld &&
          !(await isUsed(digest)) &&
          (await this.#remove(digest, before))
        )
          removed += 1;
      }
    }
    return removed;
  }

  async #make(path: string, bytes: Buffer): Promise<void> {
    const incoming = join(this.#folder, INCOMING, randomUUID());
    const folder = dirname(path);
    try {
      await using file = await open(incoming, "wx", 0o600);
      await file.writeFile(bytes);
      await file.sync();
      if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined)
        await syncFolder(this.#folder);
      await rename(incoming, path);
      await syncFolder(folder);
    } catch (error) {
      await rm(incoming, { force: true });
      throw error;
    }
  }

  /** Somebody may put it to use at this very moment: then it was touched, and comes back. */
  async #remove(digest: string, before: number): Promise<boolean> {
    const aside = join(this.#folder, INCOMING, digest + ASIDE);
    const path = this.#pathOf(digest);
    try {
      await rename(path, aside);
      if (await isOlder(aside, before)) {
        await rm(aside);
        return true;
      }
      await rename(aside, path);
    } catch (error) {
      // Another process sweeps too.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    return false;
  }

  async #sweepIncoming(
    isUsed: (digest: string) => Promise<boolean>,
    before: number,
  ): Promise<number> {
    const folder = join(this.#folder, INCOMING);
    let removed = 0;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const digest = basename(name, ASIDE);
      if (name.endsWith(ASIDE) && (await isUsed(digest))) await rename(path, this.#pathOf(digest));
      else if (await isOlder(path, before)) {
        await rm(path, { force: true });
        removed += 1;
      }
    }
    return removed;
  }

  #pathOf(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest);
  }
}

/** True when there is such a file; it counts as new from now on. */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  return await utimes(path, now, now).then(
    () => true,
    (error) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

async function isOlder(path: string, before: number): Promise<boolean> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs < before,
    () => false,
  );
}

async function syncFolder(path: string): Promise<void> {
  await using folder: FileHandle = await open(path, "r");
  await folder.sync();
}
