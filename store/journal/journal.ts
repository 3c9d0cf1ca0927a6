import { closeSync, openSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../core/std/assert.ts";
import type { Change, CommitGroup, CommitLog } from "../commit-log.ts";
import { changesOf } from "./fold.ts";
import { lockFolder } from "./lock.ts";
import { encodeRecord, recordBytesMax } from "./record.ts";
import {
  damaged,
  listSegments,
  readSegment,
  type SegmentContent,
  segmentName,
} from "./segment-files.ts";
import { SegmentFolder } from "./segment-folder.ts";
import {
  full,
  isFull,
  type OpenSegment,
  openSegment,
  SegmentSpace,
  writeAll,
} from "./segment-space.ts";
import { Snapshot, type SnapshotMark, type SnapshotOptions } from "./snapshot.ts";

export interface JournalOptions extends SnapshotOptions {
  /** Must exist. May be relative: nothing outside of it is looked up once the journal is open. */
  readonly folder: string;
  readonly segmentBytes: number;
  /** Closed segments that may wait for the snapshot; then commits wait too. */
  readonly unfoldedMax: number;
  /** Between two tries to get space from a full disk. */
  readonly retryMs: number;
  /** The largest group that will be appended. */
  readonly groupCharsMax: number;
  readonly monotonic: () => number;
}

interface Opened extends Parts {
  readonly found: readonly SegmentContent[];
  readonly current: OpenSegment;
}

interface Parts {
  readonly options: JournalOptions;
  readonly stack: AsyncDisposableStack;
  readonly snapshot: Snapshot;
  readonly folder: SegmentFolder;
  readonly space: SegmentSpace;
}

/**
 * Commit groups, one checksummed record each, in segments whose space was written beforehand; closed segments move
 * into an SQLite snapshot. The records are the truth, the snapshot makes the start short.
 */
export class Journal implements CommitLog {
  readonly #parts: Parts;
  readonly #buffer: Buffer;
  readonly #mark: SnapshotMark;
  /** What the segments held at the start; let go once it was loaded. */
  #found: readonly SegmentContent[];
  #current: OpenSegment;
  #position: number;
  #number: number;
  #revision: number;

  private constructor(parts: Opened) {
    const { options, stack, snapshot, folder, space } = parts;
    this.#parts = { options, stack, snapshot, folder, space };
    this.#buffer = Buffer.alloc(recordBytesMax(parts.options.groupCharsMax));
    this.#mark = parts.snapshot.mark;
    this.#found = parts.found;
    this.#current = parts.current;
    const content = parts.found.find(({ segment }) => segment === parts.current.segment);
    this.#position = content?.end ?? 0;
    const last = parts.found.flatMap(({ records }) => records.slice(-1)).at(-1);
    const isAhead = last !== undefined && last.number > this.#mark.record;
    this.#number = isAhead ? last.number : this.#mark.record;
    this.#revision = isAhead ? last.revision : this.#mark.revision;
  }

  /** Locks the folder, checks every record and opens all that will be needed later. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { folder, segmentBytes, groupCharsMax } = options;
    assert(
      recordBytesMax(groupCharsMax) <= segmentBytes,
      "a segment cannot hold the largest group",
    );
    await using stack = new AsyncDisposableStack();
    stack.use(lockFolder(folder));
    const folderFd = openSync(folder, "r");
    stack.defer(() => closeSync(folderFd));
    const snapshot = stack.use(new Snapshot(folder, options));
    const found = listSegments(folder).map((segment) => readSegment(folder, segment));
    assertUnbroken(folder, found, snapshot.mark);
    const folding = await SegmentFolder.open(options);
    stack.defer(() => folding.close());
    const space = new SegmentSpace({ ...options, folderFd });
    stack.defer(() => space.close());
    const current = await openCurrent(options, space, found);
    return new Journal({
      options,
      stack: stack.move(),
      snapshot,
      found,
      folder: folding,
      space,
      current,
    });
  }

  get revision(): number {
    return this.#revision;
  }

  *load(): Iterable<Change> {
    const { snapshot, folder, space } = this.#parts;
    yield* snapshot.load();
    for (const { records } of this.#found)
      for (const record of records) if (record.number > this.#mark.record) yield* changesOf(record);
    // Only now may the worker change the snapshot.
    snapshot[Symbol.dispose]();
    const { segment } = this.#current;
    for (const found of this.#found) if (found.segment < segment) folder.add(found.segment);
    this.#found = [];
    space.reserve(segment + 1);
  }

  /** Resolves when all files that can be made ahead are made: from then on the process may give up its rights. */
  async ready(): Promise<void> {
    await this.#parts.space.idle();
  }

  async append({ text, revision }: CommitGroup): Promise<void> {
    const record = { number: this.#number + 1, revision, text };
    let length = encodeRecord(this.#buffer, this.#current.segment, record);
    if (this.#position + length > this.#current.bytes) {
      await this.#rotate();
      length = encodeRecord(this.#buffer, this.#current.segment, record);
    }
    try {
      await writeAll(this.#current.file, this.#buffer, length, this.#position);
    } catch (error) {
      throw isFull(error) ? full(error) : error;
    }
    this.#position += length;
    this.#number = record.number;
    this.#revision = revision;
  }

  onFailure(listener: (error: Error) => void): void {
    this.#parts.folder.onFailure(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current.file.close();
    await this.#parts.stack.disposeAsync();
  }

  /** Goes on in the reserved segment and hands the full one to the snapshot. */
  async #rotate(): Promise<void> {
    const { folder, space } = this.#parts;
    await folder.room();
    const before = this.#current;
    this.#current = await space.take(before.segment + 1);
    this.#position = 0;
    space.reserve(this.#current.segment + 1);
    await before.file.close();
    folder.add(before.segment);
  }
}

/** Numbers go on by one over all segments and from the snapshot's mark; a hole is a lost record. */
function assertUnbroken(
  folder: string,
  found: readonly SegmentContent[],
  { record }: SnapshotMark,
): void {
  let expected: number | undefined;
  for (const { segment, records } of found) {
    const [first] = records;
    if (!first) continue;
    const isBroken = expected === undefined ? first.number > record + 1 : first.number !== expected;
    if (isBroken) {
      const because = `record ${expected ?? record + 1} is missing before record ${first.number}`;
      throw damaged(join(folder, segmentName(segment)), 0, because);
    }
    expected = (records.at(-1)?.number ?? 0) + 1;
  }
}

/** The segment that commits go on in: the last one with records, else the first empty one, else a new one. */
async function openCurrent(
  { folder }: JournalOptions,
  space: SegmentSpace,
  found: readonly SegmentContent[],
): Promise<OpenSegment> {
  const chosen = found.findLast(({ records }) => records.length > 0) ?? found[0];
  if (!chosen) return await space.take(1);
  const [next, ...others] = found.filter(({ segment }) => segment > chosen.segment);
  for (const { segment } of others) await unlink(join(folder, segmentName(segment)));
  if (next) space.adopt(await openSegment(folder, next.segment, next.bytes));
  const current = await openSegment(folder, chosen.segment, chosen.bytes);
  if (chosen.torn) await cutOff(current, chosen.end);
  return current;
}

/** Overwrites the remains of a write that was cut short, so that what lies behind the last record is empty again. */
async function cutOff({ file, bytes }: OpenSegment, from: number): Promise<void> {
  const zeros = Buffer.alloc(bytes - from);
  await writeAll(file, zeros, zeros.length, from);
}
