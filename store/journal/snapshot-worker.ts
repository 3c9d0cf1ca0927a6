import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../core/std/errors.ts";
import { type ClosedSegment, foldSegment } from "./fold.ts";
import { Snapshot, type SnapshotOptions } from "./snapshot.ts";

export interface SnapshotWorkerData extends SnapshotOptions {
  readonly folder: string;
  /** Of the leader for which it folds. */
  readonly epoch: number;
}

/** Asks for the oldest closed segment to be folded, or for the end. */
export type SnapshotRequest = { readonly fold: ClosedSegment } | { readonly close: true };

export type SnapshotReply =
  | { readonly state: "opened" | "folded" | "full" }
  | { readonly state: "failed"; readonly because: string };

const SQLITE_FULL = 13;

function reply(message: SnapshotReply): void {
  parentPort?.postMessage(message);
}

function failure(error: unknown): SnapshotReply {
  const { errcode, code } = error as { errcode?: number; code?: string };
  const isFull = errcode === SQLITE_FULL || code === "ENOSPC";
  return isFull ? { state: "full" } : { state: "failed", because: messageOf(error) };
}

// Below the threads that commit: on Linux a priority is the calling thread's own.
const NICE = 5;
if (process.platform === "linux") setPriority(NICE);

const { folder, epoch, ...options } = workerData as SnapshotWorkerData;
const snapshot = new Snapshot(folder, options);

parentPort?.on("message", (request: SnapshotRequest) => {
  if ("close" in request) {
    snapshot[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  try {
    foldSegment(snapshot, folder, request.fold, epoch);
    reply({ state: "folded" });
  } catch (error) {
    reply(failure(error));
  }
});
reply({ state: "opened" });
