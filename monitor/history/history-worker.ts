import { parentPort, workerData } from "node:worker_threads";
import type { HistoryFilter, HistoryPage, HistoryRow } from "../../core/model/history.ts";
import { messageOf } from "../../core/std/errors.ts";
import { type HistoryBounds, HistoryFile, type HistoryTuple } from "./history-file.ts";

export interface HistoryWorkerData extends HistoryBounds {
  readonly folder: string;
}

/** Rows to keep (JSON of `HistoryTuple[]`: a text crosses faster than its values do), a question, or the end. */
export type HistoryRequest =
  | { readonly write: string; readonly count: number; readonly nowMs: number }
  | { readonly ask: number; readonly filter: HistoryFilter; readonly page: HistoryPage }
  | { readonly close: true };

/** The last id that was kept before, first; then an answer to each request. */
export type HistoryReply =
  | { readonly lastId: number }
  | { readonly written: number; readonly failed?: string }
  | { readonly answer: number; readonly rows?: readonly HistoryRow[]; readonly failed?: string };

function reply(message: HistoryReply): void {
  parentPort?.postMessage(message);
}

const { folder, ...bounds } = workerData as HistoryWorkerData;
const file = new HistoryFile(folder, bounds);

parentPort?.on("message", (request: HistoryRequest) => {
  if ("close" in request) {
    file[Symbol.dispose]();
    parentPort?.close();
  } else if ("ask" in request) answer(request);
  else keep(request);
});
reply({ lastId: file.lastId });

function answer({ ask, filter, page }: Extract<HistoryRequest, { ask: number }>): void {
  try {
    reply({ answer: ask, rows: file.read(filter, page) });
  } catch (error) {
    reply({ answer: ask, failed: messageOf(error) });
  }
}

function keep({ write, count, nowMs }: Extract<HistoryRequest, { write: string }>): void {
  try {
    file.write(JSON.parse(write) as HistoryTuple[], nowMs);
    reply({ written: count });
  } catch (error) {
    reply({ written: count, failed: messageOf(error) });
  }
}
