import { setTimeout as sleep } from "node:timers/promises";
import { causeOf } from "../generator/tally.ts";
import type { FaultRecord } from "../report/run-result.ts";

/** A store that the game's backend leans on, with something that uses it all the time. */
export interface StoreInUse extends AsyncDisposable {
  readonly what: string;
  readonly about: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again where it was, with what it had kept. */
  start(): Promise<void>;
  /** One request that needs it; rejects when it was refused. */
  ask(): Promise<unknown>;
  /** Players who were in before and are not any more. */
  dropped(): number;
}

const AWAY_MS = 3_000;
const PAUSE_MS = 100;
const BACK_WITHIN_MS = 60_000;

/** Kills the store for some seconds under its users; what they noticed until a request was answered again. */
export async function runStoreFault(
  store: StoreInUse,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<FaultRecord> {
  const failures: Record<string, number> = {};
  await store.ask();
  const atMs = nowMs();
  await store.kill();
  let isStarted = false;
  const back = sleep(AWAY_MS, undefined, { signal })
    .then(() => store.start())
    .then(() => {
      isStarted = true;
    });
  back.catch(() => undefined);
  for (;;) {
    await sleep(PAUSE_MS, undefined, { signal });
    const isAnswered = await store.ask().then(
      () => true,
      (error: unknown) => {
        const name = `failed requests: ${causeOf(error)}`;
        failures[name] = (failures[name] ?? 0) + 1;
        return false;
      },
    );
    if (isStarted && isAnswered) break;
    if (nowMs() - atMs > BACK_WITHIN_MS)
      throw new Error(`${store.what}: nothing is answered again`);
  }
  const afterMs = Math.round(nowMs() - atMs);
  return {
    ...{ atSecond: Math.floor(atMs / 1000), seconds: Math.ceil(afterMs / 1000) },
    ...{ what: store.what, about: store.about, backAfterMs: afterMs },
    lost: { "players dropped": store.dropped(), ...failures },
    allowed: { "players dropped": 0 },
  };
}
