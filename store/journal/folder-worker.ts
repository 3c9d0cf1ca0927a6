import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** A worker beside this module; `.ts` as it lies in the sources, `.js` where they were bundled. */
export function startWorker(name: string, workerData: unknown): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./${name}.${extension}`, import.meta.url), { workerData });
}

/** The first message of a worker that has just been started; rejects when it cannot start. */
export async function firstMessage(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, "message");
  return message;
}
