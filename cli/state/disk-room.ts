import { lstat, opendir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "../../core/model/quantity.ts";
import { FleetError } from "../../core/std/errors.ts";
import { isFull } from "../../store/journal/segment-space.ts";

const BLOCK_BYTES = 4_096;

/** What a copy of a file or folder takes on a disk, in bytes; 0 for what is not there, and for what `isLeftOut` names. */
export async function bytesOfCopy(
  path: string,
  isLeftOut: (name: string) => boolean = () => false,
): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  const own = Math.ceil(found.size / BLOCK_BYTES) * BLOCK_BYTES;
  if (!found.isDirectory()) return own;
  let sum = own;
  for await (const { name } of await opendir(path))
    if (!isLeftOut(name)) sum += await bytesOfCopy(join(path, name), isLeftOut);
  return sum;
}

/** What is about to be written, where, and how much of it. */
export interface DiskWish {
  /** A folder on the disk that it goes to. */
  readonly folder: string;
  readonly bytes: number;
  /** `the new program`. */
  readonly what: string;
}

/** STORAGE_FULL when the disk has less room; asked before anything is written, since games run on that disk. */
export async function demandRoom(wish: DiskWish): Promise<void> {
  if ((await freeBytes(wish.folder)) < wish.bytes) throw await noRoom(wish);
}

/** The error, or, when a disk became full in the middle, one that says how much is needed. */
export async function toldOfRoom(error: unknown, wish: DiskWish): Promise<unknown> {
  const isTold = error instanceof FleetError && error.details.next !== undefined;
  return isFull(error) && !isTold ? await noRoom(wish, error) : error;
}

async function noRoom({ folder, bytes, what }: DiskWish, cause?: unknown): Promise<FleetError> {
  const free = formatBytes(await freeBytes(folder));
  const message = `no room on the disk of ${folder}: ${what} needs ${formatBytes(bytes)}, ${free} are free`;
  const next = "make room there and do it again";
  return new FleetError("STORAGE_FULL", message, { next }, cause);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
