import { constants, fsync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { writeAll } from "../../runtime/linux/write-all.ts";
import { ownerOf } from "./owned-file.ts";
import { segmentName, unfinishedName } from "./segment-files.ts";

const fsyncOf = promisify(fsync);
const { O_CREAT, O_DSYNC, O_RDWR, O_WRONLY } = constants;
/** Small, so that commits do not wait behind it for the disk. */
const PIECE_BYTES = 256 * 1024;
/** At the start nobody commits yet, and everybody waits. */
const START_PIECE_BYTES = 8 * 1024 * 1024;

/** A segment that can be written to: every write is on the disk when it returns. */
export interface OpenSegment {
  readonly segment: number;
  readonly file: FileHandle;
  readonly bytes: number;
}

export interface SegmentSpaceOptions {
  readonly folder: string;
  /** Of the opened folder: a new name in it is made durable through this. */
  readonly folderFd: number;
  /** Of the leader that will write to the segments. */
  readonly epoch: number;
  readonly segmentBytes: number;
  /** Between two tries to get space from a full disk. */
  readonly retryMs: number;
  readonly monotonic: () => number;
}

type Outcome = { readonly made: OpenSegment } | { readonly error: unknown; readonly at: number };

/** Makes each segment while the one before it is still in use, with all its bytes written, so that commits need no new space. */
export class SegmentSpace {
  readonly #options: SegmentSpaceOptions;
  #next: Promise<Outcome> | undefined;
  #pieceBytes = START_PIECE_BYTES;

  constructor(options: SegmentSpaceOptions) {
    this.#options = options;
  }

  /** Starts to make `segment`, unless one is there or under way. */
  reserve(segment: number): void {
    this.#next ??= this.#make(segment);
  }

  /** Hands out the reserved segment; STORAGE_FULL when the disk had no space for it, also at the last try. */
  async take(segment: number): Promise<OpenSegment> {
    this.reserve(segment);
    const first = await this.#outcome();
    if ("made" in first) return this.#handOut(first.made);
    if (!isFull(first.error)) throw first.error;
    if (this.#options.monotonic() - first.at < this.#options.retryMs) throw full(first.error);
    this.#next = this.#make(segment);
    const second = await this.#outcome();
    if ("made" in second) return this.#handOut(second.made);
    throw isFull(second.error) ? full(second.error) : second.error;
  }

  /** Resolves when nothing is under way. Ends the start. */
  async idle(): Promise<void> {
    await this.#next;
    this.#pieceBytes = PIECE_BYTES;
  }

  async close(): Promise<void> {
    const last = await this.#next;
    this.#next = undefined;
    if (last && "made" in last) await last.made.file.close();
  }

  async #outcome(): Promise<Outcome> {
    const outcome = await this.#next;
    if (!outcome) throw new Error("bug: no segment was reserved");
    return outcome;
  }

  #handOut(made: OpenSegment): OpenSegment {
    this.#next = undefined;
    return made;
  }

  async #make(segment: number): Promise<Outcome> {
    try {
      const { folder, folderFd, epoch, segmentBytes } = this.#options;
      const unfinished = join(folder, unfinishedName(epoch));
      await writeZeros(unfinished, segmentBytes, this.#pieceBytes, ownerOf(folder));
      const path = join(folder, segmentName(segment));
      await rename(unfinished, path);
      await fsyncOf(folderFd);
      return { made: await openSegment(folder, segment, segmentBytes) };
    } catch (error) {
      return { error, at: this.#options.monotonic() };
    }
  }
}

async function openSegment(folder: string, segment: number, bytes: number): Promise<OpenSegment> {
  const file = await open(join(folder, segmentName(segment)), O_RDWR | O_DSYNC);
  return { segment, file, bytes };
}

/** Real zeros, not a hole: a later write then changes data only and needs no space and no metadata. */
async function writeZeros(
  path: string,
  bytes: number,
  pieceBytes: number,
  owner: ReturnType<typeof ownerOf>,
): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_DSYNC, 0o600);
  try {
    if (owner) await file.chown(owner.uid, owner.gid);
    const zeros = Buffer.alloc(Math.min(pieceBytes, bytes));
    for (let at = 0; at < bytes; at += zeros.length)
      await writeAll(file, zeros, Math.min(zeros.length, bytes - at), at);
    await file.truncate(bytes);
    await file.sync();
  } catch (error) {
    // What was taken from a full disk is given back; the file itself stays for the next try.
    await file.truncate(0).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
}

/** True for the errors of a disk or quota without space, which pass. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "STORAGE_FULL";
}

export function full(error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  const message = `no space left for the journal (${messageOf(error)}); free some on the disk of the state folder`;
  return new FleetError("STORAGE_FULL", message, {}, error);
}
