import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../core/std/random.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { readMark } from "../up/state-folder.ts";
import { killAtRandom } from "./kill-at-random.ts";
import { listed } from "./look-inside.ts";
import { type Traces, tracesOf } from "./traces.ts";

const seed = Date.now() % 1_000_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Server, agent, door and shim. */
const PARTS_RUNNING = 4;
const PART = { kind: "Fleet", namespace: "default", name: "churn" } as const;

/** Containers that start at once and never call Ready: they run as long as they are wanted. */
const fleet = {
  apiVersion: "agones.dev/v1",
  kind: "Fleet",
  metadata: { name: PART.name },
  spec: {
    replicas: 0,
    template: {
      spec: {
        ports: [{ name: "game", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7654 }],
        health: { disabled: true },
        template: { spec: { containers: [{ name: "game", image: "red-blue" }] } },
      },
    },
  },
};

/** How many there are of each kind of trace, and game servers that the SDK door knows. */
function counts(instance: TestInstance): Readonly<Record<string, number>> {
  const traces: Traces = tracesOf(instance.state, readMark(instance.state)?.instance ?? "");
  const names = (folder: string): number => readdirSync(join(instance.state, folder)).length;
  return {
    bridges: traces.links.filter((name) => name.startsWith("flt")).length,
    veths: traces.links.filter((name) => name.startsWith("fv")).length,
    tables: traces.tables.filter((name) => name.includes("flotilla_")).length,
    cgroups: traces.cgroups.length,
    mounts: traces.mounts.length,
    processes: traces.processes.length,
    peers: names("sdk/peers"),
  };
}

/**
 * The same when it has come to rest with so many game servers: a program is started by its init, and a veth goes with its
 * namespace, each in its own time.
 */
async function restingCounts(instance: TestInstance, servers: number): Promise<object> {
  let last: object = {};
  const isAtRest = (): boolean => {
    const now = counts(instance);
    const { veths, peers, processes } = now;
    const isWhole =
      veths === servers && peers === servers && processes === PARTS_RUNNING + 2 * servers;
    const isSame = isDeepStrictEqual(now, last);
    last = now;
    return isWhole && isSame;
  };
  await expect.poll(isAtRest, { timeout: 30_000, interval: 250 }).toBe(true);
  return last;
}

/** Asks until it is taken: the server may be between two lives. */
async function scale(instance: TestInstance, replicas: number): Promise<void> {
  const path = pathOf({ ...PART, part: "scale" });
  const headers = { "content-type": "application/merge-patch+json" };
  const ask = async (): Promise<number> => {
    const asked = instance.request("PATCH", path, { spec: { replicas } }, headers);
    return (await asked.catch(() => undefined))?.status ?? 0;
  };
  await expect.poll(ask, { timeout: 30_000 }).toBe(200);
}

async function running(instance: TestInstance, wanted: number): Promise<void> {
  const states = async (): Promise<readonly unknown[]> =>
    (await listed(instance, "GameServer")).map(({ status }) => status.state);
  await expect
    .poll(states, { timeout: 30_000 })
    .toEqual(Array.from({ length: wanted }, () => "Scheduled"));
}

describe("containers that come and go", () => {
  it(`are exactly the wanted ones after agent and shim were killed all the while (seed ${seed})`, async () => {
    await using instance = await TestInstance.start({
      images: ["examples/red-blue/image.yaml"],
      flags: ["--port-range", "17200-17220"],
    });
    const { status } = await instance.request(
      "POST",
      pathOf({ kind: "Fleet", namespace: "default" }),
      fleet,
    );
    expect(status).toBe(201);
    await scale(instance, 5);
    await running(instance, 5);
    const five = await restingCounts(instance, 5);
    await scale(instance, 0);
    await running(instance, 0);
    const none = await restingCounts(instance, 0);
    expect(none).not.toEqual(five);

    const random = seededRandom(seed);
    let isOver = false;
    const churning = (async () => {
      for (let round = 0; !isOver; round++) {
        await scale(instance, round % 2 === 0 ? 5 : 0);
        await pause(random.integer(20, 500));
      }
    })();
    const parts = ["agent", "shim"] as const;
    await killAtRandom({ instance, random, parts, times: 10, pauseMsMax: 600 });
    isOver = true;
    await churning;

    await scale(instance, 5);
    await running(instance, 5);
    await expect.poll(() => counts(instance), { timeout: 30_000 }).toEqual(five);
    const pids = (await listed(instance, "GameServer")).map((one) => one.status.container?.pid);
    expect(new Set(pids).size).toBe(5);
    await scale(instance, 0);
    await running(instance, 0);
    await expect.poll(() => counts(instance), { timeout: 30_000 }).toEqual(none);
  }, 240_000);
});
