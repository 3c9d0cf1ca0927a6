import { Worker } from "node:worker_threads";
import type { Arriving } from "../profiles.ts";
import type { StepRecord } from "../report/run-result.ts";
import { Merge, type SecondDone } from "./merge.ts";
import type { GeneratorCall, GeneratorOrder } from "./players.ts";
import { secondsOf } from "./schedule.ts";
import type { SecondSeen } from "./tally.ts";

const THREAD = new URL("./generator-thread.ts", import.meta.url);
/** For threads to load what they need before the first player is due. */
const START_IN_MS = 1_000;
const LEAVE_WITHIN_MS = 20_000;
/** After everything that it may wait for. */
const END_WITHIN_MS = 30_000;

export interface GenerateOptions {
  /** The name of a module of `loadtest/players`. */
  readonly players: string;
  /** What it is told; it goes to threads, so it is plain data. */
  readonly options: object;
  readonly arriving: Arriving;
  readonly threads: number;
  /** Numbers of players begin there. */
  readonly firstPlayer?: number;
  readonly onSecond: (second: SecondDone) => void;
  /** Nobody comes any more once it is aborted; who is there stays as long as it meant to. */
  readonly enough?: AbortSignal;
  readonly signal: AbortSignal;
}
export interface Generated {
  readonly steps: Readonly<Record<string, StepRecord>>;
  readonly inPlay: readonly number[];
  readonly seconds: number;
}

/**
 * Lets players arrive as the profile says, whatever the answers take (an open model), from so many threads; resolves when
 * all have left. Rejects when a generator fails, which is not the platform's failure.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { players, arriving, threads, firstPlayer = 0, onSecond, enough, signal } = options;
  signal.throwIfAborted();
  const merge = new Merge(threads);
  const startAtMs = Date.now() + START_IN_MS;
  const common = { players, options: options.options, arriving, startAtMs, firstPlayer };
  const running = Array.from({ length: threads }, (_, index) => {
    const order: GeneratorOrder = {
      ...common,
      share: { index, of: threads },
      leaveWithinMs: LEAVE_WITHIN_MS,
    };
    return startThread(order, (seen) => merge.add(index, seen).forEach(onSecond));
  });
  const tell = (call: GeneratorCall) => (): void => {
    for (const { worker } of running) worker.postMessage(call);
  };
  const [stop, end] = [tell("stop"), tell("enough")];
  signal.addEventListener("abort", stop, { once: true });
  enough?.addEventListener("abort", end, { once: true });
  if (enough?.aborted) end();
  try {
    const left = running.map(({ ended }, index) =>
      ended.then(() => merge.left(index).forEach(onSecond)),
    );
    await Promise.all(left);
  } catch (error) {
    await Promise.all(running.map(({ worker }) => worker.terminate()));
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    enough?.removeEventListener("abort", end);
  }
  return { steps: merge.steps, inPlay: merge.inPlay, seconds: merge.inPlay.length };
}

interface Running {
  readonly worker: Worker;
  readonly ended: Promise<void>;
}

function startThread(order: GeneratorOrder, onSeen: (seen: SecondSeen) => void): Running {
  const worker = new Worker(THREAD, { workerData: order });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.on("message", (told: SecondSeen | "done") => {
    if (told !== "done") return onSeen(told);
    resolve();
    void worker.terminate();
  });
  worker.once("error", reject);
  worker.once("exit", (code) => reject(new Error(`a generator ended with ${code}`)));
  const { arriving, leaveWithinMs, startAtMs } = order;
  const runMs = 1_000 * (secondsOf(arriving.stages) + arriving.staySeconds);
  const late = setTimeout(
    () => reject(new Error("a generator does not end")),
    startAtMs - Date.now() + runMs + leaveWithinMs + END_WITHIN_MS,
  );
  return { worker, ended: promise.finally(() => clearTimeout(late)) };
}
