import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type PartName, TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";
import { killAtOnce } from "./kill-at-random.ts";
import { listed } from "./look-inside.ts";
import { livingProcesses, type Traces, tracesOf } from "./traces.ts";

const run = promisify(execFile);
const PLAY = join(import.meta.dirname, "../../game-services/play/main.ts");
const FILES = ["examples/demo", "examples/red-blue"];
const SOON = { timeout: 60_000, interval: 200 };
/** Two lives of an instance each, which take most of a minute on a machine that has nothing else to do. */
const WITHIN_MS = 300_000;
const PARTS: readonly PartName[] = ["up", "server", "agent", "door", "shim"];

function traces(instance: TestInstance): Traces {
  return tracesOf(instance.state, readMark(instance.state)?.instance ?? "");
}

/**
 * What of it came with the instance; a machine that nothing was made on shows nothing. `up` waits for fleets, and containers
 * by hand may come a moment later.
 */
async function tracesOfAll(instance: TestInstance): Promise<Traces> {
  const count = (prefix: string): number =>
    traces(instance).links.filter((name) => name.startsWith(prefix)).length;
  await expect.poll(() => [count("flt"), count("fv")], SOON).toEqual([2, 5]);
  // Server, agent, door, shim, and five containers with an init and a program each.
  await expect.poll(() => traces(instance).processes.length, SOON).toBe(14);
  const during = traces(instance);
  const { tables, cgroups, mounts, namespaces } = during;
  expect(tables.filter((table) => table.includes("flotilla_")).length).toBeGreaterThan(0);
  expect(cgroups.length).toBeGreaterThan(5);
  expect(namespaces.length).toBeGreaterThanOrEqual(25);
  // The containers' own mounts are in namespaces of theirs; their hosts files lie in memory that they share.
  expect(mounts).toEqual([`tmpfs ${instance.state}/hosts`]);
  return during;
}

function expectNone(before: Traces, during: Traces, after: Traces): void {
  expect(after).toEqual(before);
  expect(livingProcesses(during.processes)).toEqual([]);
}

describe("a machine after an instance has left", { timeout: WITHIN_MS }, () => {
  it("is as it was before: after Ctrl-C, and after everything was killed and then taken down", async () => {
    const before = tracesOf("no state folder at all", "");
    await using instance = await TestInstance.start({
      files: FILES,
      flags: ["--port-range", "17600-17620"],
    });
    const first = await tracesOfAll(instance);
    await instance.end("SIGINT");
    expectNone(before, first, traces(instance));

    await instance.up();
    const second = await tracesOfAll(instance);
    expect(killAtOnce(instance, PARTS)).toHaveLength(PARTS.length);
    await sleep(500);
    const orphaned = traces(instance);
    // The containers go on: five with an init and a program each.
    expect(livingProcesses(second.processes).length).toBeGreaterThanOrEqual(10);
    expect(orphaned.links.filter((name) => name.startsWith("fv"))).toHaveLength(5);
    expect(await instance.mustCli("down")).toContain("down");
    expectNone(before, second, traces(instance));
    expect(await instance.mustCli("down")).toContain("down");
  });
});

describe("two instances on one machine", { timeout: WITHIN_MS }, () => {
  it("have different states, and are played on at once; a second one on the same state is refused", async () => {
    await using one = await TestInstance.start({
      files: ["examples/demo"],
      flags: ["--port-range", "17630-17650"],
    });
    await using two = await TestInstance.start({
      files: ["examples/demo"],
      flags: ["--port-range", "17660-17680"],
    });
    const again = await one.cli("up", "--port", String(two.port + 1));
    expect(again.code).toBe(6);
    expect(again.err).toContain(`in use by process ${one.pid("up")}`);

    const play = async ({ url, state }: TestInstance): Promise<string> => {
      const where = ["--api", url, "--token-file", join(state, "admin.token")];
      const argv = [PLAY, "arena", "--players", "2", "--seconds", "3", ...where];
      const { stdout } = await run(process.execPath, argv);
      return stdout;
    };
    const said = await Promise.all([play(one), play(two)]);
    expect(said.map((text) => /WebSocket 127.0.0.1:17(\d)/.exec(text)?.[1])).toEqual(["6", "6"]);

    await one.end("SIGINT");
    const left = await listed(two, "GameServer");
    expect(left.filter(({ status }) => status.state === "Allocated")).toHaveLength(1);
    expect(await play(two)).toContain("2 seats in room arena-");
  });
});
