import { rmSync } from "node:fs";
import { join } from "node:path";
import { chainOf } from "./chain.ts";
import { Leader } from "./leader.ts";
import {
  damaged,
  epochOf,
  listSegments,
  listUnfinished,
  readSegment,
  type SegmentContent,
  segmentName,
} from "./segment-files.ts";
import type { Snapshot, SnapshotMark } from "./snapshot.ts";

/** What a new leader found. */
export interface Recovered {
  readonly leader: Leader;
  readonly mark: SnapshotMark;
  /** What the snapshot does not hold yet. */
  readonly contents: readonly SegmentContent[];
  /** A segment to be removed once the new epoch's base is on the disk. */
  readonly bare: number | undefined;
}

/**
 * Takes over the folder: deposes who led before, then reads what is there and clears away what nobody needs. All of it
 * within one transaction of the snapshot, so that two that start at once come one after the other, however slow they are.
 */
export function recover(folder: string, snapshot: Snapshot): Recovered {
  let leader: Leader | undefined;
  try {
    // A snapshot that was put back from a backup may know of fewer epochs than the segments.
    const seen = epochOf(listSegments(folder).at(-1) ?? 0);
    return snapshot.takeOver(seen, (epoch) => {
      leader = Leader.replace(folder, epoch);
      return { leader, ...readAll(folder, snapshot.mark) };
    });
  } catch (error) {
    leader?.[Symbol.dispose]();
    throw error;
  }
}

function readAll(folder: string, mark: SnapshotMark): Omit<Recovered, "leader"> {
  const found = listSegments(folder).flatMap((segment) => readIfThere(folder, segment));
  const { contents, bare, needless, atLeast, headless } = chainOf(found, mark.record);
  if (headless !== undefined)
    throw damaged(join(folder, segmentName(headless)), 0, "what it goes on from is missing");
  assertUnbroken(folder, contents, mark, atLeast);
  for (const segment of needless) rmSync(join(folder, segmentName(segment)), { force: true });
  for (const name of listUnfinished(folder)) rmSync(join(folder, name), { force: true });
  return { mark, contents, bare };
}

/** A deposed leader may still remove a segment that it folded before. */
function readIfThere(folder: string, segment: number): SegmentContent[] {
  try {
    return [readSegment(folder, segment)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Numbers go on by one from the snapshot's mark over all segments; a hole is a lost record. */
function assertUnbroken(
  folder: string,
  contents: readonly SegmentContent[],
  { record }: SnapshotMark,
  atLeast: number,
): void {
  let last = record;
  for (const { segment, records } of contents) {
    const [first] = records;
    if (first && first.number !== last + 1) {
      const because = `record ${last + 1} is missing before record ${first.number}`;
      throw damaged(join(folder, segmentName(segment)), 0, because);
    }
    last = records.at(-1)?.number ?? last;
  }
  if (last < atLeast) throw damaged(folder, 0, `records ${last + 1} to ${atLeast} are missing`);
}
