import type { Random } from "../../core/std/random.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { PartName, TestInstance } from "../testing/test-instance.ts";

export interface KillOptions {
  readonly instance: TestInstance;
  readonly random: Random;
  readonly parts: readonly PartName[];
  readonly times: number;
  /** The longest pause between two kills. */
  readonly pauseMsMax: number;
}

const LOOK_EVERY_MS = 5;
const RUNS_WITHIN_MS = 60_000;

/** kill -9 of parts in random order after random pauses; each runs again before it is killed again. Who was killed. */
export async function killAtRandom(options: KillOptions): Promise<PartName[]> {
  const { instance, random, parts, times, pauseMsMax } = options;
  const killed: PartName[] = [];
  let order: PartName[] = [];
  while (killed.length < times) {
    if (order.length === 0) order = random.shuffle(parts);
    const part = order.pop() ?? "server";
    await killOnce(instance, part);
    killed.push(part);
    await pause(random.integer(0, pauseMsMax));
  }
  return killed;
}

/**
 * kill -9 of all that runs of these parts; who they were. They are found before the first is killed, since who has lost its
 * parent ends by itself: then it is gone already, which is no failure.
 */
export function killAtOnce(instance: TestInstance, parts: readonly PartName[]): number[] {
  using linux = new HostLinux();
  const pids = parts.map((part) => instance.pid(part)).filter((pid) => pid !== undefined);
  for (const pid of pids) linux.kill(pid, "SIGKILL");
  return pids;
}

async function killOnce(instance: TestInstance, part: PartName): Promise<void> {
  const until = performance.now() + RUNS_WITHIN_MS;
  while (!instance.kill(part)) {
    if (performance.now() > until) throw new Error(`${part} does not come back`);
    await pause(LOOK_EVERY_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
