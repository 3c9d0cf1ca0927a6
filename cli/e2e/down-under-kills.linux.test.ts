import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Random, seededRandom } from "../../core/std/random.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import { type PartName, TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";
import { killAtOnce } from "./kill-at-random.ts";
import { until } from "./look-inside.ts";
import { redBlueFolder } from "./red-blue-folder.ts";
import { livingProcesses, tracesOf } from "./traces.ts";

const seed = Number(process.env.FLOTILLA_TEST_SEED ?? Date.now() % 1_000_000);
const PARTS: readonly PartName[] = ["up", "server", "agent", "door", "shim"];
const SHIM_KILLS_MAX = 8;
/** Agents and shims that are to die under the work, at least; it may be done before they are found. */
const KILLS_MIN = 2;
const ROUNDS_MAX = 6;

/** The life of the agent that cleans up, while there is one. */
function cleanerOf(state: string): number | undefined {
  using linux = new HostLinux();
  return linux.processes().find((pid) => {
    const words = (linux.read(`/proc/${pid}/cmdline`) ?? "").split("\0");
    return words.includes("--down") && words.includes(state);
  });
}

/** kill -9, again and again, of the shim that `down` needs, and once of the agent that does the work. How often. */
async function killUnder(
  work: Promise<unknown>,
  instance: TestInstance,
  random: Random,
): Promise<{ shims: number; agents: number }> {
  using linux = new HostLinux();
  const kills = { shims: 0, agents: 0 };
  let isOver = false;
  const over = work.finally(() => (isOver = true)).catch(() => undefined);
  const lastsMs = random.integer(0, 300);
  let agent: number | undefined;
  while (!isOver && agent === undefined) {
    await sleep(5);
    agent = cleanerOf(instance.state);
  }
  await sleep(lastsMs);
  if (agent !== undefined && !isOver && linux.kill(agent, "SIGKILL")) kills.agents += 1;
  while (!isOver && kills.shims < SHIM_KILLS_MAX) {
    await sleep(random.integer(0, 30));
    if (!isOver && instance.kill("shim")) kills.shims += 1;
  }
  await over;
  return kills;
}

describe("flotilla down after everything was killed", () => {
  it(`takes all away, though agent and shims die under it (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const before = tracesOf("no state folder at all", "");
    const example = await redBlueFolder();
    await using _example = {
      [Symbol.asyncDispose]: () => rm(example, { recursive: true }),
    };
    await using instance = await TestInstance.start({
      files: [example],
      flags: ["--port-range", "17300-17310"],
    });
    const kills = { shims: 0, agents: 0 };
    for (let round = 0; Math.min(kills.agents, kills.shims) < KILLS_MIN; round++) {
      expect(round, JSON.stringify(kills)).toBeLessThan(ROUNDS_MAX);
      if (round > 0) await instance.up();
      const id = readMark(instance.state)?.instance ?? "";
      for (const name of ["red", "blue"])
        await until(instance, ["Container", name], ({ status }) => status.phase === "Running");
      // Server, agent, door, shim, and two containers with an init and a program each: what was Running before `down` is
      // said to be so until the new agent has looked.
      await expect
        .poll(() => tracesOf(instance.state, id).processes.length, { timeout: 30_000 })
        .toBeGreaterThanOrEqual(8);
      const during = tracesOf(instance.state, id);
      killAtOnce(instance, PARTS);

      const down = instance.cli("down");
      const more = await killUnder(down, instance, random);
      expect(await down).toMatchObject({ code: 0 });
      expect(tracesOf(instance.state, id)).toEqual(before);
      expect(livingProcesses(during.processes)).toEqual([]);
      kills.shims += more.shims;
      kills.agents += more.agents;
    }
  });
});
