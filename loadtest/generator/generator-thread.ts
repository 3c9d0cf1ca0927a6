import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import {
  ARRIVE,
  type GeneratorCall,
  type GeneratorOrder,
  NOT_FINISHED,
  type PlayerRun,
  type Players,
  TOO_MANY,
} from "./players.ts";
import { arrivalsMs } from "./schedule.ts";
import { Tally } from "./tally.ts";

/*
 * One generator, a thread that `generate.ts` starts: lets its share of the players arrive when they are due, whatever
 * became of those before them, and tells each second what it saw. A message ends it before its time, or the arrivals.
 */
const SECOND_MS = 1_000;
const order = workerData as GeneratorOrder;
const now = (): number => performance.timeOrigin + performance.now() - order.startAtMs;
const stopping = new AbortController();
const enough = new AbortController();
// Each player's waits listen to it.
setMaxListeners(0, stopping.signal);
const tally = new Tally(now);

async function main(): Promise<void> {
  const { players } = (await import(`../players/${order.players}.ts`)) as {
    readonly players: Players<unknown, AsyncDisposable>;
  };
  await using world = await players.open(order.options);
  parentPort?.on("message", hear);
  const telling = tellSeconds();
  const inPlay = await arrive((run) => players.play({ ...run, world }));
  await leave(inPlay);
  telling.end();
  // Whatever is still open here ends with the thread, which is ended by who started it.
  parentPort?.postMessage("done");
}

function hear(call: GeneratorCall): void {
  enough.abort(new Error("nobody else is to come"));
  if (call === "stop") stopping.abort(new Error("the run was stopped"));
}

type Person = Omit<PlayerRun<AsyncDisposable>, "world">;

/** Resolves with those who are still there when the last has come. */
async function arrive(
  play: (person: Person) => Promise<void>,
): Promise<ReadonlySet<Promise<void>>> {
  const { arriving, share, firstPlayer } = order;
  const { stages, staySeconds, atOnceMax } = arriving;
  const mineMax = Math.ceil(atOnceMax / share.of);
  const inPlay = new Set<Promise<void>>();
  const { signal } = stopping;
  let n = firstPlayer + share.index;
  for (const dueMs of arrivalsMs(stages, share)) {
    await until(dueMs);
    if (enough.signal.aborted) break;
    if (inPlay.size >= mineMax) tally.failed(ARRIVE, TOO_MANY);
    else {
      tally.took(ARRIVE, Math.max(0, now() - dueMs));
      const playing = play({ n, dueMs, staySeconds, tally, signal, now })
        // A step has counted it.
        .catch(() => undefined)
        .finally(() => {
          inPlay.delete(playing);
          tally.inPlay = inPlay.size;
        });
      inPlay.add(playing);
    }
    tally.inPlay = inPlay.size;
    n += share.of;
  }
  return inPlay;
}

/** Who is late comes at once, but lets answers be read. */
async function until(dueMs: number): Promise<void> {
  const ms = dueMs - now();
  if (ms > 0) await sleep(ms, undefined, { signal: enough.signal }).catch(() => undefined);
  else await new Promise((resolve) => setImmediate(resolve));
}

async function leave(inPlay: ReadonlySet<Promise<void>>): Promise<void> {
  const { arriving, leaveWithinMs } = order;
  const late = new AbortController();
  const ms = arriving.staySeconds * SECOND_MS + leaveWithinMs;
  const isLate = sleep(ms, true, { signal: late.signal }).catch(() => false);
  const ended = Promise.all(inPlay).then(() => false);
  if (await Promise.race([isLate, ended])) {
    for (const _ of inPlay) tally.failed(ARRIVE, NOT_FINISHED);
    stopping.abort(new Error("the run has ended"));
  }
  late.abort();
}

/** Second by second, also those in which this thread was too busy to tell. */
function tellSeconds(): { end(): void } {
  let second = 0;
  const tell = (): void => parentPort?.postMessage(tally.take(second++));
  const timer = setInterval(() => {
    while (now() >= (second + 1) * SECOND_MS) tell();
  }, 50);
  return {
    end: () => {
      clearInterval(timer);
      tell();
    },
  };
}

await main();
