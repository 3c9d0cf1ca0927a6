import { once } from "node:events";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { FleetError } from "../../core/std/errors.ts";
import type { ClosedSegment } from "./fold.ts";
import { firstMessage, startWorker } from "./folder-worker.ts";
import { segmentName } from "./segment-files.ts";
import type { SnapshotReply, SnapshotRequest, SnapshotWorkerData } from "./snapshot-worker.ts";

export interface SegmentFolderOptions extends SnapshotWorkerData {
  /** Closed segments that may wait to be folded; then commits wait. */
  readonly unfoldedMax: number;
}

/** Folds closed segments into the snapshot, one after the other, in a worker, and deletes them. */
export class SegmentFolder {
  readonly #options: SegmentFolderOptions;
  readonly #worker: Worker;
  readonly #closed: ClosedSegment[] = [];
  #busy = false;
  #isFull = false;
  #isClosing = false;
  #waiters: (() => void)[] = [];
  #tellFailure: (error: Error) => void = () => undefined;

  private constructor(options: SegmentFolderOptions, worker: Worker) {
    this.#options = options;
    this.#worker = worker;
    worker.on("message", (reply: SnapshotReply) => void this.#onReply(reply));
    worker.on("error", (error) =>
      this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  static async open(options: SegmentFolderOptions): Promise<SegmentFolder> {
    const { folder, epoch, answersMax, answerAgeMsMax, snapshotWaitMs } = options;
    const data: SnapshotWorkerData = { folder, epoch, answersMax, answerAgeMsMax, snapshotWaitMs };
    const worker = startWorker("snapshot-worker", data);
    await firstMessage(worker);
    return new SegmentFolder(options, worker);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#tellFailure = listener;
  }

  add(closed: ClosedSegment): void {
    this.#closed.push(closed);
    this.#next();
  }

  /** Resolves when another segment may be closed; STORAGE_FULL when the snapshot has no space to take one in. */
  async room(): Promise<void> {
    while (this.#closed.length >= this.#options.unfoldedMax) {
      const wasFull = this.#isFull;
      const changed = new Promise<void>((resolve) => this.#waiters.push(resolve));
      this.#next();
      await changed;
      if (wasFull && this.#isFull) throw noSpace();
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    while (this.#busy) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    const exited = once(this.#worker, "exit");
    this.#worker.postMessage({ close: true } satisfies SnapshotRequest);
    await exited;
  }

  #next(): void {
    const [fold] = this.#closed;
    if (this.#busy || this.#isClosing || !fold) return;
    this.#busy = true;
    this.#worker.postMessage({ fold } satisfies SnapshotRequest);
  }

  async #onReply(reply: SnapshotReply): Promise<void> {
    if (reply.state === "failed") this.#fail(new Error(reply.because));
    this.#isFull = reply.state === "full";
    if (reply.state === "folded") {
      const folded = this.#closed.shift();
      if (folded) await this.#remove(folded);
    }
    this.#busy = false;
    // A full disk is tried again with the next closed segment or the next commit that waits for room.
    if (reply.state === "folded") this.#next();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  async #remove({ segment }: ClosedSegment): Promise<void> {
    await unlink(join(this.#options.folder, segmentName(segment))).catch((e) => this.#fail(e));
  }

  #fail(error: Error): void {
    this.#tellFailure(new Error(`the snapshot failed: ${error.message}`, { cause: error }));
  }
}

function noSpace(): FleetError {
  const message = "no space left for the snapshot; free some on the disk of the state folder";
  return new FleetError("STORAGE_FULL", message);
}
