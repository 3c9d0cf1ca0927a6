import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeStatus } from "../../core/model/node.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext } from "./context.ts";
import { NodeKeeper } from "./node-keeper.ts";
import { World } from "./world.ts";

const SAID: NodeStatus = {
  ready: true,
  heartbeatAt: "2026-01-01T00:00:00.000Z",
  address: "10.0.0.1",
  addresses: [],
  capacity: { cpuMilli: 2000, memoryBytes: 1e9 },
  portRange: { min: 7000, max: 8000 },
  driver: "process",
  isolation: "none",
  version: "0",
  images: [],
};

let clock: FakeClock;
let store: ResourceStore;
let keeper: NodeKeeper;
let context: ControllerContext;
beforeEach(() => {
  clock = new FakeClock(Date.parse("2026-01-01T00:00:00Z"));
  const base = { clock, logger: silentLogger };
  store = openMemoryResourceStore({ ...STORE_BOUNDS, ...base });
  const events = openMemoryEventLog({ ...EVENT_BOUNDS, ...base });
  const world = new World(store);
  context = { ...base, store, events, world, newUid: randomUUID, options: CONTROLLER_DEFAULTS };
  keeper = new NodeKeeper(context);
});
afterEach(() => store[Symbol.asyncDispose]());

const node = () => store.get("Node", "", "a");
/** Time passes; with heartbeats every 2 s, or in silence. */
async function pass(seconds: number, isHeard: boolean): Promise<void> {
  for (let s = 0; s < seconds; s++) {
    await clock.advance(1_000);
    if (isHeard && s % 2 === 1) await keeper.heartbeat("a", SAID);
    await keeper.check(0);
  }
}
const reasons = (): readonly string[] =>
  context.events.list({ kind: "Node" }).map(({ reason }) => reason);

describe("a node", () => {
  it("is written once while it says the same", async () => {
    await keeper.heartbeat("a", SAID);
    await keeper.check(0);
    const { revision } = store;
    await pass(20, true);
    expect(store.revision).toBe(revision);
  });

  it("is not ready, then lost, then Ready at once when it is heard again", async () => {
    await keeper.heartbeat("a", SAID);
    await pass(10, false);
    expect(node()?.status).toMatchObject({ ready: false, message: "no heartbeat for 10 s" });
    expect(node()?.status.lost).toBeUndefined();
    await pass(20, false);
    expect(node()?.status).toMatchObject({ ready: false, lost: true });
    await keeper.heartbeat("a", SAID);
    expect(node()?.status).toMatchObject({ ready: true });
    expect(node()?.status).not.toHaveProperty("lost");
    expect(reasons().toSorted()).toEqual(["NodeLost", "NodeNotReady", "NodeReady"]);
  });

  it("that comes and goes must be heard for longer each time, and is told of once", async () => {
    await keeper.heartbeat("a", SAID);
    for (let time = 0; time < 3; time++) {
      await pass(12, false);
      await pass(2, true);
    }
    expect(node()?.status).toMatchObject({
      ready: false,
      message: "fell silent 3 times lately: its heartbeats must come for 10 s first",
    });
    const { revision } = store;
    await pass(8, true);
    expect(store.revision).toBe(revision);
    await pass(4, true);
    expect(node()?.status.ready).toBe(true);
  });

  it("keeps its grace at a fresh start of the control plane, and its labels of both kinds", async () => {
    await keeper.heartbeat("a", { ...SAID, labels: { zone: "x" } });
    const known = node();
    if (!known) throw new Error("the node was made");
    const labels = { ...known.metadata.labels, team: "blue" };
    const object = { ...known, metadata: { ...known.metadata, labels } };
    const expected = known.metadata.resourceVersion;
    await store.commit([{ op: "update", object, expected }]);
    keeper = new NodeKeeper(context);
    await keeper.check(clock.monotonic());
    expect(node()?.status.ready).toBe(true);
    await keeper.heartbeat("a", { ...SAID, labels: { disk: "ssd" } });
    expect(node()?.metadata.labels).toEqual({ team: "blue", disk: "ssd" });
  });

  it("is not handed to another machine while it is Ready", async () => {
    await keeper.join("a", "sha256:1");
    expect(node()?.status).toMatchObject({ ready: false, credential: "sha256:1" });
    await keeper.heartbeat("a", { ...SAID, credential: "sha256:of my own" });
    expect(node()?.status).toMatchObject({ ready: true, credential: "sha256:1" });
    await expect(keeper.join("a", "sha256:2")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await pass(10, false);
    await keeper.join("a", "sha256:2");
    expect(node()?.status.credential).toBe("sha256:2");
  });
});
