import { crc32 } from "node:zlib";

/** magic, length of the text, checksum, number, revision; see `encodeRecord`. */
export const HEADER_BYTES = 24;
const MAGIC_BYTES: Buffer = Buffer.from("FLJ1");
const MAGIC: number = MAGIC_BYTES.readUInt32LE(0);
const ALIGN = 8;

/** One commit group in a segment. Numbers grow by one from record to record, over all segments. */
export interface JournalRecord {
  readonly number: number;
  readonly revision: number;
  readonly text: string;
  /** Where the next record of the segment begins. */
  readonly end: number;
}

/** The most bytes that a text of so many UTF-16 units can take in a segment. */
export function recordBytesMax(chars: number): number {
  return aligned(HEADER_BYTES + chars * 3);
}

/**
 * Writes a record at the start of `buffer` and returns its length, a multiple of eight. The checksum covers everything
 * after it and is seeded with the number of the segment, so that a record counts only in the file that it was
 * written to.
 */
export function encodeRecord(
  buffer: Buffer,
  segment: number,
  record: { readonly number: number; readonly revision: number; readonly text: string },
): number {
  const length = buffer.write(record.text, HEADER_BYTES, "utf8");
  const end = HEADER_BYTES + length;
  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt32LE(length, 4);
  buffer.writeUIntLE(record.number, 12, 6);
  buffer.writeUIntLE(record.revision, 18, 6);
  buffer.writeUInt32LE(checksum(buffer, 0, end, segment), 8);
  buffer.fill(0, end, aligned(end));
  return aligned(end);
}

/** The record that begins at `offset`, or undefined when nothing whole and sound begins there. */
export function decodeRecord(
  buffer: Buffer,
  offset: number,
  segment: number,
): JournalRecord | undefined {
  if (offset + HEADER_BYTES > buffer.length || buffer.readUInt32LE(offset) !== MAGIC)
    return undefined;
  const end = offset + HEADER_BYTES + buffer.readUInt32LE(offset + 4);
  if (end > buffer.length) return undefined;
  if (checksum(buffer, offset, end, segment) !== buffer.readUInt32LE(offset + 8)) return undefined;
  return {
    number: buffer.readUIntLE(offset + 12, 6),
    revision: buffer.readUIntLE(offset + 18, 6),
    text: buffer.toString("utf8", offset + HEADER_BYTES, end),
    end: aligned(end),
  };
}

/** The first offset from `from` on at which a sound record begins. */
export function findRecord(buffer: Buffer, from: number, segment: number): number | undefined {
  let offset = buffer.indexOf(MAGIC_BYTES, from);
  while (offset >= 0) {
    if (offset % ALIGN === 0 && decodeRecord(buffer, offset, segment)) return offset;
    offset = buffer.indexOf(MAGIC_BYTES, offset + 1);
  }
  return undefined;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}

function checksum(buffer: Buffer, offset: number, end: number, segment: number): number {
  const length = crc32(buffer.subarray(offset + 4, offset + 8), segment >>> 0);
  return crc32(buffer.subarray(offset + 12, end), length);
}
