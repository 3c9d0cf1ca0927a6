import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../core/std/assert.ts";
import { writeAll } from "../../runtime/linux/write-all.ts";
import type { Change, CommitGroup, CommitLog } from "../commit-log.ts";
import { type Base, baseOf } from "./chain.ts";
import { changesOf } from "./fold.ts";
import type { Leader } from "./leader.ts";
import { lockFolder } from "./lock.ts";
import { encodeRecord, type JournalRecord, recordBytesMax } from "./record.ts";
import { type Recovered, recover } from "./recover.ts";
import { firstSegmentOf, type SegmentContent, segmentName } from "./segment-files.ts";
import { SegmentFolder } from "./segment-folder.ts";
import { full, isFull, type OpenSegment, SegmentSpace } from "./segment-space.ts";
import { Snapshot, type SnapshotOptions } from "./snapshot.ts";

export interface JournalOptions extends SnapshotOptions {
  /** Must exist. May be relative: nothing outside of it is looked up once the journal is open. */
  readonly folder: string;
  readonly segmentBytes: number;
  /** Closed segments that may wait for the snapshot; then commits wait too. */
  readonly unfoldedMax: number;
  /** Between two tries to get space from a full disk. */
  readonly retryMs: number;
  /** Between two looks whether this is still the leader; each append looks as well. */
  readonly leaderLookMs: number;
  /** The largest group that will be appended. */
  readonly groupCharsMax: number;
  readonly monotonic: () => number;
}

interface Parts {
  readonly options: JournalOptions;
  readonly stack: AsyncDisposableStack;
  readonly leader: Leader;
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
  readonly #base: Base;
  /** A segment of an epoch without records, which goes when this epoch's base is written. */
  readonly #bare: number | undefined;
  /** What the segments held at the start; let go once it was loaded. */
  #found: readonly SegmentContent[];
  /** Undefined until there was space for the first one of this epoch. */
  #current: OpenSegment | undefined;
  #position = 0;
  #number: number;
  #revision: number;
  #tellFailure: (error: Error) => void = () => undefined;

  private constructor(parts: Parts, { mark, contents, bare }: Recovered) {
    this.#parts = parts;
    this.#buffer = Buffer.alloc(recordBytesMax(parts.options.groupCharsMax));
    this.#base = baseOf(contents);
    this.#bare = bare;
    this.#found = contents;
    const last = contents.at(-1)?.records.at(-1);
    this.#number = last?.number ?? mark.record;
    this.#revision = last?.revision ?? mark.revision;
    parts.folder.onFailure((error) => this.#tellFailure(this.#causeOf(error)));
    const look = setInterval(() => this.#look(), parts.options.leaderLookMs).unref();
    parts.stack.defer(() => clearInterval(look));
  }

  /** Locks the folder, deposes whoever led it without the lock, checks every record and opens all that will be needed later. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { folder: path, segmentBytes, groupCharsMax } = options;
    assert(
      recordBytesMax(groupCharsMax) <= segmentBytes,
      "a segment cannot hold the largest group",
    );
    await using stack = new AsyncDisposableStack();
    stack.use(lockFolder(path));
    const folderFd = openSync(path, "r");
    stack.defer(() => closeSync(folderFd));
    const snapshot = stack.use(new Snapshot(path, options));
    const recovered = recover(path, snapshot);
    const leader = stack.use(recovered.leader);
    const { epoch } = leader;
    const space = new SegmentSpace({ ...options, folderFd, epoch });
    stack.defer(() => space.close());
    space.reserve(firstSegmentOf(epoch));
    const folder = await SegmentFolder.open({ ...options, epoch });
    stack.defer(() => folder.close());
    const parts = { options, stack: stack.move(), leader, snapshot, folder, space };
    return new Journal(parts, recovered);
  }

  get revision(): number {
    return this.#revision;
  }

  *load(): Iterable<Change> {
    const { snapshot, folder } = this.#parts;
    yield* snapshot.load();
    for (const { records } of this.#found) for (const record of records) yield* changesOf(record);
    // Only now may the worker change the snapshot.
    snapshot[Symbol.dispose]();
    for (const { segment, records } of this.#found)
      folder.add({ segment, upTo: records.at(-1)?.number ?? 0 });
    this.#found = [];
  }

  /**
   * Begins the epoch, if there is space for its first segment: without, everything can be read at least. Resolves when
   * no file is being made: from then on the process may give up its rights.
   */
  async ready(): Promise<void> {
    try {
      await this.#rotate();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    await this.#parts.space.idle();
  }

  async append({ text, revision }: CommitGroup): Promise<void> {
    try {
      await this.#write({ number: this.#number + 1, revision, text });
    } catch (error) {
      throw isFull(error) ? full(error) : error;
    }
    // After the record is on the disk and before anybody is answered: the order is what makes it safe.
    this.confirm();
    this.#number += 1;
    this.#revision = revision;
  }

  confirm(): void {
    this.#parts.leader.confirm();
  }

  /** Segments that a successor has taken into its snapshot are gone: that is why, not what is missing. */
  #causeOf(failure: Error): Error {
    try {
      this.confirm();
      return failure;
    } catch (deposed) {
      return deposed as Error;
    }
  }

  onFailure(listener: (error: Error) => void): void {
    this.#tellFailure = listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.file.close();
    await this.#parts.stack.disposeAsync();
  }

  async #write(record: Omit<JournalRecord, "end">): Promise<void> {
    const current = this.#current ?? (await this.#rotate());
    const length = encodeRecord(this.#buffer, current.segment, record);
    if (this.#position + length > current.bytes) {
      await this.#rotate();
      await this.#write(record);
      return;
    }
    // The next segment is made as soon as this one is in use, and not at the start, where everybody waits.
    this.#parts.space.reserve(current.segment + 1);
    await writeAll(current.file, this.#buffer, length, this.#position);
    this.#position += length;
  }

  /** Goes on in the reserved segment and hands the full one to the snapshot. */
  async #rotate(): Promise<OpenSegment> {
    const { folder, space, leader } = this.#parts;
    const before = this.#current;
    if (before) await folder.room();
    const current = await space.take(before ? before.segment + 1 : firstSegmentOf(leader.epoch));
    if (before) {
      this.#position = 0;
      await before.file.close();
      folder.add({ segment: before.segment, upTo: Number.POSITIVE_INFINITY });
    } else await this.#writeBase(current);
    this.#current = current;
    return current;
  }

  /** The first record of an epoch. From then on nothing that a leader before still writes will ever be read. */
  async #writeBase({ segment, file }: OpenSegment): Promise<void> {
    const { options } = this.#parts;
    const text = JSON.stringify(this.#base);
    assert(text.length <= options.groupCharsMax, "what an epoch goes on from is too long");
    const record = { number: this.#number, revision: this.#revision, text };
    this.#position = encodeRecord(this.#buffer, segment, record);
    await writeAll(file, this.#buffer, this.#position, 0);
    if (this.#bare !== undefined)
      await rm(join(options.folder, segmentName(this.#bare)), { force: true });
  }

  /** A leader that has nothing to write shall hear of its end, too. */
  #look(): void {
    try {
      this.confirm();
    } catch (error) {
      this.#tellFailure(error as Error);
    }
  }
}
