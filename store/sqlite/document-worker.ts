import { parentPort, workerData } from "node:worker_threads";
import { isFleetError, messageOf } from "../../core/std/errors.ts";
import {
  DocumentFile,
  type FileOutcome,
  type FileWrite,
  SQLITE,
  sqliteCode,
} from "./document-file.ts";
import type { IndexSql, TableNames } from "./statements.ts";

export interface DocumentWorkerData {
  readonly path: string;
  readonly busyMs: number;
}

/** One thing to do; the answers come in the same order. */
export type DocumentRequest =
  | { readonly do: "start" }
  | { readonly do: "open"; readonly names: TableNames }
  | { readonly do: "index"; readonly names: TableNames; readonly indexes: readonly IndexSql[] }
  | { readonly do: "write"; readonly writes: readonly FileWrite[] }
  | { readonly do: "close" };

/** Why nothing of a request was done: `broken` is a unique rule, `refused` an expected failure's words. */
export type DocumentFailure = {
  readonly failed: "full" | "busy" | "broken" | "refused" | "medium";
  readonly because: string;
};
export type DocumentReply = { readonly outcomes: readonly FileOutcome[] } | DocumentFailure;

const { path, busyMs } = workerData as DocumentWorkerData;
let file: DocumentFile | undefined;

function perform(request: DocumentRequest): readonly FileOutcome[] {
  file ??= new DocumentFile(path, busyMs);
  if (request.do === "open") file.open(request.names);
  if (request.do === "index") file.makeIndexes(request.names, request.indexes);
  return request.do === "write" ? file.write(request.writes) : [];
}

function failureOf(error: unknown): DocumentFailure {
  const because = messageOf(error);
  if (isFleetError(error)) return { failed: "refused", because };
  const code = sqliteCode(error);
  if (code === SQLITE.full) return { failed: "full", because };
  if (code === SQLITE.busy) return { failed: "busy", because };
  if (code === SQLITE.constraint) return { failed: "broken", because };
  return { failed: "medium", because };
}

function reply(message: DocumentReply): void {
  parentPort?.postMessage(message);
}

parentPort?.on("message", (request: DocumentRequest) => {
  if (request.do === "close") {
    file?.[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  try {
    reply({ outcomes: perform(request) });
  } catch (error) {
    reply(failureOf(error));
  }
});
