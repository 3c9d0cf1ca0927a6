import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import type { Base } from "./chain.ts";
import { decodeRecord, findRecord, type JournalRecord } from "./record.ts";

const NAME = /^journal-(\d{12,16})$/;
const UNFINISHED = /^journal\.(?:\d+\.)?new$/;
/**
 * Each epoch has numbers of its own, so that no two leaders ever write to one file: whoever was deposed in the middle of
 * a write finishes it where nobody reads any more. What an earlier release wrote is of epoch 0.
 */
const SEGMENTS_PER_EPOCH = 1_000_000_000;

export function firstSegmentOf(epoch: number): number {
  return epoch * SEGMENTS_PER_EPOCH + 1;
}

export function epochOf(segment: number): number {
  return Math.floor(segment / SEGMENTS_PER_EPOCH);
}

/** True for the segment that an epoch begins with: its first record says what the epoch goes on from. */
export function isFirstOfEpoch(segment: number): boolean {
  return epochOf(segment) > 0 && segment === firstSegmentOf(epochOf(segment));
}

/** Where the next segment of an epoch is made; it gets its own name when all its bytes are on the disk. */
export function unfinishedName(epoch: number): string {
  return `journal.${epoch}.new`;
}

/** Segments that were never finished. */
export function listUnfinished(folder: string): string[] {
  return readdirSync(folder).filter((name) => UNFINISHED.test(name));
}

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
  /** What its epoch goes on from, with the number of the last record before it; at the start of an epoch only. */
  readonly base: (Base & { readonly number: number }) | undefined;
  readonly records: readonly JournalRecord[];
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
  const first = isFirstOfEpoch(segment) ? records.shift() : undefined;
  const base = first && { ...(JSON.parse(first.text) as Base), number: first.number };
  return { segment, base, records };
}

/** The one error for a journal that must not be opened: it names the file and the offset. */
export function damaged(path: string, offset: number, because: string): FleetError {
  const message = `${path} is damaged at offset ${offset}: ${because}; restore the folder from a backup`;
  return new FleetError("INTERNAL", message, { path, offset });
}
