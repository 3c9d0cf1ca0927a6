import type { Change } from "../commit-log.ts";
import type { JournalRecord } from "./record.ts";
import { readSegment } from "./segment-files.ts";
import type { Snapshot } from "./snapshot.ts";

/** Bounds the memory of one transaction of the snapshot. */
const CHANGES_MAX = 50_000;

/** The changes of a record, in order. */
export function* changesOf({ text }: JournalRecord): Iterable<Change> {
  for (const line of text.split("\n")) yield JSON.parse(line) as Change;
}

/** A segment that is written to no more, as far as it counts. */
export interface ClosedSegment {
  readonly segment: number;
  /** What lies behind this record was written by a leader that was deposed. */
  readonly upTo: number;
}

/** Takes a closed segment into the snapshot; what is in it already is left out, so that it may be repeated. */
export function foldSegment(
  snapshot: Snapshot,
  folder: string,
  { segment, upTo }: ClosedSegment,
  epoch: number,
): void {
  const { record: folded } = snapshot.mark;
  let changes: Change[] = [];
  let last: JournalRecord | undefined;
  const flush = (): void => {
    if (last) snapshot.fold(changes, { record: last.number, revision: last.revision }, epoch);
    changes = [];
    last = undefined;
  };
  for (const record of readSegment(folder, segment).records) {
    if (record.number <= folded || record.number > upTo) continue;
    for (const change of changesOf(record)) changes.push(change);
    last = record;
    if (changes.length >= CHANGES_MAX) flush();
  }
  flush();
}
