import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { bytesOfCopy } from "../state/disk-room.ts";

const BLOCK_BYTES = 4_096;
/** Folders, names and what a file system keeps for itself. */
const REST_BYTES: number = 1024 * 1024;

/** What has to be copied from somewhere for a program's folder: paths, and what a .tgz holds. */
export interface ProgramParts {
  readonly paths: readonly string[];
  readonly archive: string | undefined;
}

/** What a program takes on the disk, in bytes. An archive that cannot be read counts as nothing: unpacking it says why. */
export async function bytesOfProgram(parts: ProgramParts): Promise<number> {
  const { paths, archive } = parts;
  const sizes = await Promise.all(paths.map((path) => bytesOfCopy(path)));
  const unpacked = archive === undefined ? 0 : await bytesInArchive(archive).catch(() => 0);
  return sizes.reduce((sum, size) => sum + size, unpacked + REST_BYTES);
}

async function bytesInArchive(archive: string): Promise<number> {
  const entries = extract();
  let bytes = 0;
  const reading = (async () => {
    for await (const entry of entries) {
      bytes += Math.ceil((entry.header.size ?? 0) / BLOCK_BYTES) * BLOCK_BYTES;
      entry.resume();
    }
  })();
  await Promise.all([pipeline(createReadStream(archive), createGunzip(), entries), reading]);
  return bytes;
}
