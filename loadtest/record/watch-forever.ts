import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

export interface WatchTarget {
  readonly apiUrl: string;
  readonly token: string;
  /** Of a list; a query may stand in it. */
  readonly path: string;
  readonly signal: AbortSignal;
}
export interface Watched<T> {
  readonly type: string;
  readonly object: T;
}

const AGAIN_MS = 200;

/**
 * Calls `onEvent` with all that is there and with every change, and begins anew when the watch breaks: a load test kills
 * what it watches. Resolves when `signal` ends it.
 */
export async function watchForever<T>(
  { apiUrl, token, path, signal }: WatchTarget,
  onEvent: (event: Watched<T>) => void,
): Promise<void> {
  const url = `${apiUrl}${path}${path.includes("?") ? "&" : "?"}watch=1`;
  const headers = { authorization: `Bearer ${token}` };
  while (!signal.aborted) {
    try {
      const answer = await fetch(url, { headers, signal });
      if (!answer.ok || !answer.body) throw new Error(`${answer.status}`);
      for await (const line of createInterface({ input: Readable.fromWeb(answer.body) }))
        onEvent(JSON.parse(line) as Watched<T>);
    } catch {
      // Whatever it was: what is there is told again by the next one.
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
