import type { FileHandle } from "node:fs/promises";

/**
 * Writes all of the first `length` bytes at `position`: the kernel may take less than it was given, and does when the disk
 * becomes full in the middle; what is missing then fails.
 */
export async function writeAll(
  file: FileHandle,
  buffer: Buffer,
  length: number,
  position: number,
): Promise<void> {
  let written = 0;
  while (written < length) {
    const { bytesWritten } = await file.write(
      buffer,
      written,
      length - written,
      position + written,
    );
    written += bytesWritten;
  }
}
