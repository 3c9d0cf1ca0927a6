import { parentPort, workerData } from "node:worker_threads";
import type { Event } from "../../core/model/event.ts";
import { messageOf } from "../../core/std/errors.ts";
import { EventFile } from "./event-file.ts";

export interface EventWorkerData {
  readonly folder: string;
  readonly eventsMax: number;
}

/** Events to keep, or the end. */
export type EventRequest = { readonly write: readonly Event[] } | { readonly close: true };

/** What was kept before, first; then an answer to each batch. */
export type EventReply =
  | { readonly kept: readonly Event[] }
  | { readonly written: true }
  | { readonly failed: string };

function reply(message: EventReply): void {
  parentPort?.postMessage(message);
}

const { folder, eventsMax } = workerData as EventWorkerData;
const file = new EventFile(folder, eventsMax);

parentPort?.on("message", (request: EventRequest) => {
  if ("close" in request) {
    file[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  try {
    file.write(request.write);
    reply({ written: true });
  } catch (error) {
    reply({ failed: messageOf(error) });
  }
});
reply({ kept: file.read() });
