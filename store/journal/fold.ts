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

/** Takes a closed segment into the snapshot; what is in it already is left out, so that it may be repeated. */
export function foldSegment(snapshot: Snapshot, folder: string, segment: number): void {
  const { record: folded } = snapshot.mark;
  let changes: Change[] = [];
  let last: JournalRecord | undefined;
  const flush = (): void => {
    if (last) snapshot.fold(changes, { record: last.number, revision: last.revision });
    changes = [];
    last = undefined;
  };
  for (const record of readSegment(folder, segment).records) {
    if (record.number <= folded) continue;
    for (const change of changesOf(record)) changes.push(change);
    last = record;
    if (changes.length >= CHANGES_MAX) flush();
  }
  flush();
}
