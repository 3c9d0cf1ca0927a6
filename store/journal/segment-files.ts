import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { decodeRecord, findRecord, type JournalRecord } from "./record.ts";

const NAME = /^journal-(\d{12})$/;

/** Where the next segment is made; it gets its own name when all its bytes are on the disk. */
export const UNFINISHED = "journal.new";

export function segmentName(segment: number): string {
  return `journal-${String(segment).padStart(12, "0")}`;
}

/** The numbers of the segments in a folder, oldest first. */
export function listSegments(folder: string): number[] {
  const found = readdirSync(folder).map((name) => NAME.exec(name)?.[1]);
  return found
    .flatMap((digits) => (digits === undefined ? [] : [Number(digits)]))
    .sort((a, b) => a - b);
}

/** What one segment holds. */
export interface SegmentContent {
  readonly segment: number;
  readonly records: readonly JournalRecord[];
  /** Behind the last record. */
  readonly end: number;
  readonly bytes: number;
  /** True when something lies behind the last record: the remains of a write that was cut short. */
  readonly torn: boolean;
}

/** Reads a segment. Throws when a sound record follows one that is not: that is damage, not a write cut short. */
export function readSegment(folder: string, segment: number): SegmentContent {
  const path = join(folder, segmentName(segment));
  const buffer = readFileSync(path);
  const records: JournalRecord[] = [];
  let end = 0;
  for (;;) {
    const record = decodeRecord(buffer, end, segment);
    if (!record) break;
    const last = records.at(-1);
    if (last && record.number !== last.number + 1) break;
    records.push(record);
    end = record.end;
  }
  const later = findRecord(buffer, end, segment);
  if (later !== undefined) throw damaged(path, end, `a sound record follows at ${later}`);
  const torn = !buffer.subarray(end).equals(Buffer.alloc(buffer.length - end));
  return { segment, records, end, bytes: buffer.length, torn };
}

/** The one error for a journal that must not be opened: it names the file and the offset. */
export function damaged(path: string, offset: number, because: string): FleetError {
  const message = `${path} is damaged at offset ${offset}: ${because}; restore the folder from a backup`;
  return new FleetError("INTERNAL", message, { path, offset });
}
