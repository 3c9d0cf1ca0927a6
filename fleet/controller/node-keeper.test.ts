import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Labels } from "../../core/model/resource.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext } from "./context.ts";
import { NODE } from "./controllers.fixture.ts";
import { NodeKeeper } from "./node-keeper.ts";
import { World } from "./world.ts";

const SAID = { ...NODE, images: [] };

let clock: FakeClock;
let store: ResourceStore;
let keeper: NodeKeeper;
let context: ControllerContext;
beforeEach(() => {
  clock = new FakeClock(Date.parse("2026-01-01T00:00:00Z"));
  const base = { clock, logger: silentLogger };
  store = openMemoryResourceStore({ ...STORE_BOUNDS, ...base });
  const events = openMemoryEventLog({ ...EVENT_BOUNDS, ...base });
  const world = new World(store, new Map());
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
    await keeper.check();
  }
}
const reasons = (): readonly string[] =>
  context.events.list({ kind: "Node" }).map(({ reason }) => reason);

describe("a node", () => {
  it("is written once while it says the same", async () => {
    await keeper.heartbeat("a", SAID);
    await keeper.check();
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

  it("is not silent while the control plane itself did not run", async () => {
    await keeper.heartbeat("a", SAID);
    await pass(4, true);
    await clock.advance(60_000);
    await keeper.check();
    expect(node()?.status.ready).toBe(true);
    await pass(10, true);
    expect(reasons()).toEqual([]);
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

  it("keeps a label that a person changed, until the person takes it away", async () => {
    const label = async (labels: Labels): Promise<void> => {
      const known = node();
      if (!known) throw new Error("the node was made");
      const object = { ...known, metadata: { ...known.metadata, labels } };
      await store.commit([{ op: "update", object, expected: known.metadata.resourceVersion }]);
    };
    await keeper.heartbeat("a", { ...SAID, labels: { zone: "x", disk: "ssd" } });
    await label({ zone: "mine", disk: "ssd", trusted: "no" });
    for (const zone of ["x", "y"]) {
      await keeper.heartbeat("a", { ...SAID, labels: { zone, disk: "hdd", trusted: "yes" } });
      expect(node()?.metadata.labels).toEqual({ zone: "mine", disk: "hdd", trusted: "no" });
    }
    await label({});
    await keeper.heartbeat("a", { ...SAID, labels: { zone: "y", disk: "hdd" } });
    expect(node()?.metadata.labels).toEqual({ zone: "y", disk: "hdd" });
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
    await keeper.check();
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

  it("that never joined is the control plane's own machine: nobody becomes it, also while it is silent", async () => {
    await keeper.heartbeat("a", SAID);
    await pass(40, false);
    expect(node()?.status.lost).toBe(true);
    await expect(keeper.join("a", "sha256:1")).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      message: "node a is the control plane's own machine",
    });
    expect(node()?.status.credential).toBeUndefined();
  });
});
