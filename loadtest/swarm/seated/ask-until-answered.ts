import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { causeOf } from "../../generator/tally.ts";

export interface AskOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** Hears of each try that got no answer that counts. */
  readonly onFailure: (cause: string) => void;
}
/** What the platform said at last. */
export interface PlatformAnswer {
  readonly status: number;
  readonly body: unknown;
}

const AGAIN_MS = 50;
const TRY_WITHIN_MS = 70_000;
/** The platform, or the way to it, is away for now. */
const isAway = (status: number): boolean => status >= 500;

/**
 * One wish, said again under the same key until it is answered: a platform that was killed in between gives the same answer
 * to the same key. Rejects only when `signal` ends it.
 */
export async function askUntilAnswered(
  path: string,
  body: object,
  { apiUrl, token, signal, onFailure }: AskOptions,
): Promise<PlatformAnswer> {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "idempotency-key": randomUUID(),
  };
  for (;;) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(apiUrl + path, {
        ...{ method: "POST", headers, body: JSON.stringify(body) },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_WITHIN_MS)]),
      });
      const text = await answer.text();
      if (!isAway(answer.status)) return { status: answer.status, body: JSON.parse(text) };
      onFailure(`status ${answer.status}`);
    } catch (error) {
      signal.throwIfAborted();
      onFailure(causeOf(error));
    }
    await sleep(AGAIN_MS, undefined, { signal });
  }
}
