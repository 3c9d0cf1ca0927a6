import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { admit } from "../../core/model/admit.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Report, Subject } from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import type { Kind, Kinds } from "../../core/model/resource.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext, updateOf } from "./context.ts";
import { Controllers } from "./controllers.ts";
import { World } from "./world.ts";

const NODE: NodeStatus = {
  ready: true,
  heartbeatAt: "2026-01-01T00:00:00.000Z",
  address: "127.0.0.1",
  addresses: [],
  capacity: { cpuMilli: 2000, memoryBytes: 1 },
  portRange: { min: 7000, max: 7009 },
  driver: "process",
  isolation: "none",
  version: "0",
  images: [{ reference: "arena:latest", digest: `sha256:${"a".repeat(64)}`, sizeBytes: 1 }],
};
const TEMPLATE = {
  spec: {
    ports: [{ name: "game", containerPort: 7654 }],
    template: { spec: { containers: [{ name: "game", image: "arena" }] } },
  },
};

/** The control plane's loops over a store in memory; the test is the node. */
class Bench {
  readonly store: ResourceStore = openMemoryResourceStore({
    ...STORE_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  readonly events = openMemoryEventLog({
    ...EVENT_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  readonly controllers: Controllers;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor() {
    const { store, events } = this;
    const context: ControllerContext = {
      store,
      events,
      world: new World(store),
      clock: systemClock,
      logger: silentLogger,
      newUid: randomUUID,
      options: { ...CONTROLLER_DEFAULTS, errorDelayMs: 50, statusEveryMs: 1 },
    };
    this.controllers = new Controllers(context);
    this.#running = this.controllers.run(this.#stop.signal);
  }
  async close(): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.#running;
    await this.store[Symbol.asyncDispose]();
  }
  async create<K extends Kind>(
    kind: K,
    apiVersion: string,
    name: string,
    spec: object,
    annotations = {},
  ): Promise<Kinds[K]> {
    const input = { apiVersion, kind, metadata: { name, annotations }, spec };
    const { object } = admit(input, {
      kind,
      now: "2026-01-01T00:00:00Z",
      uid: randomUUID(),
      fieldValidation: "Strict",
    });
    const [kept] = await this.store.commit([{ op: "create", object }]);
    return kept as Kinds[K];
  }
  servers(state?: string): GameServer[] {
    return this.store
      .list("GameServer")
      .filter((s) => state === undefined || s.status.state === state);
  }
  async report(server: GameServer, more: Partial<Report>): Promise<void> {
    await this.controllers.link.reports("a", [
      { subject: subjectOf(server), seen: "running", id: "1", ...more },
    ]);
  }
  /** What a healthy node and a game do with every server that starts, until `count` are Ready. */
  async bringUp(count: number): Promise<void> {
    await until(async () => {
      for (const server of this.servers("Starting")) {
        await this.report(server, { pid: 9, address: "10.87.0.2" });
        await this.controllers.link.sdk("a", [
          { verb: "ready", subject: subjectOf(server), id: randomUUID() },
        ]);
      }
      return this.servers("Ready").length === count;
    });
  }
  async become(server: GameServer, state: GameServer["status"]["state"]): Promise<void> {
    const now = this.store.get("GameServer", "default", server.metadata.name) ?? server;
    await this.store.commit([updateOf(now, { ...now, status: { ...now.status, state } })]);
  }
  /** Lets go of every container whose server is on its way out. */
  async letGo(): Promise<void> {
    for (const server of this.servers().filter(
      (s) => s.metadata.deletionTimestamp ?? s.status.state === "Shutdown",
    ))
      await this.report(server, { seen: "removed" });
  }
}
const subjectOf = ({ metadata }: GameServer): Subject => ({
  kind: "GameServer",
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await holds()) return;
    await systemClock.sleep(5);
  }
  throw new Error("it did not come to hold");
}

describe("the controllers", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.controllers.link.heartbeat("a", NODE);
  });
  afterEach(() => bench.close());

  it("bring a fleet up, with a node, a port of the range and labels for each server", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 3, template: TEMPLATE });
    await bench.bringUp(3);
    const ports = bench.servers().map(({ status }) => status.ports[0]?.port ?? 0);
    // Each was placed once: a second try would have taken the next port.
    expect(ports.sort()).toEqual([7000, 7001, 7002]);
    const [one] = bench.servers();
    expect(one?.metadata.labels?.["agones.dev/fleet"]).toBe("arena");
    expect(one?.status).toMatchObject({ address: "127.0.0.1", nodeName: "a" });
    await until(() => bench.store.get("Fleet", "default", "arena")?.status.readyReplicas === 3);
  });

  it("replace a server whose game ended badly and one that lost its health", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 2, template: TEMPLATE });
    await bench.bringUp(2);
    const [one, two] = bench.servers();
    if (!one || !two) throw new Error("two servers were there");
    await bench.report(one, { seen: "exited", exitCode: 7 });
    await bench.controllers.link.sdk("a", [
      { verb: "health", health: "unhealthy", subject: subjectOf(two), id: "h" },
    ]);
    await until(async () => {
      await bench.letGo();
      return bench
        .servers()
        .every((s) => s.metadata.uid !== one.metadata.uid && s.metadata.uid !== two.metadata.uid);
    });
    await bench.bringUp(2);
    const reasons = bench.events.list({ kind: "GameServer" }).map(({ reason }) => reason);
    expect(reasons).toContain("HealthFailed");
    expect(reasons).toContain("Broken");
  });

  it("never remove a held server when the fleet goes to zero", async () => {
    const fleet = await bench.create("Fleet", "agones.dev/v1", "arena", {
      replicas: 3,
      template: TEMPLATE,
    });
    await bench.bringUp(3);
    const [held] = bench.servers("Ready");
    if (held) await bench.become(held, "Allocated");
    const now = bench.store.get("Fleet", "default", "arena") ?? fleet;
    await bench.store.commit([updateOf(now, { ...now, spec: { ...now.spec, replicas: 0 } })]);
    await until(async () => {
      await bench.letGo();
      return bench.servers().length === 1;
    });
    expect(bench.servers()[0]?.status.state).toBe("Allocated");
  });

  it("take a held server back in one commit, with both of its events", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 1, template: TEMPLATE });
    await bench.bringUp(1);
    const [server] = bench.servers("Ready");
    if (!server) throw new Error("it was there");
    await bench.become(server, "Allocated");
    const { revision } = bench.store;
    const states: string[] = [];
    using _watch = bench.store.watch(revision, ({ object }) => {
      if (object.kind === "GameServer") states.push(object.status.state);
    });
    const call = { verb: "ready", subject: subjectOf(server), id: "back" } as const;
    expect(await bench.controllers.link.sdk("a", [call])).toEqual([{ ok: true }]);
    expect(bench.servers("Ready")).toHaveLength(1);
    await until(() => states.length > 0);
    expect(states).toEqual(["Ready"]);
    const seen = bench.events.list({ kind: "GameServer" }).map(({ message }) => message);
    expect(seen.slice(-2)).toEqual(["the game called Ready", "is Ready at 127.0.0.1"]);
  });

  it("keep a buffer ready: an allocation starts a replacement at once", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 1, template: TEMPLATE });
    const buffer = { bufferSize: 2, minReplicas: 2, maxReplicas: 5 };
    await bench.create("FleetAutoscaler", "autoscaling.agones.dev/v1", "arena", {
      fleetName: "arena",
      policy: { type: "Buffer", buffer },
    });
    await bench.bringUp(2);
    for (const server of bench.servers("Ready")) await bench.become(server, "Allocated");
    await bench.bringUp(2);
    expect(bench.servers().length).toBe(4);
    for (const server of bench.servers("Ready")) await bench.become(server, "Allocated");
    await bench.bringUp(1);
    expect(bench.servers().length).toBe(5);
    await until(
      () => bench.store.get("FleetAutoscaler", "default", "arena")?.status.scalingLimited === true,
    );
  });

  it("say why a server waits, and place it when there is room again", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 11, template: TEMPLATE });
    await until(() => bench.servers().some(({ status }) => status.reason === "PortRangeFull"));
    const waiting = bench.servers().find(({ status }) => status.reason === "PortRangeFull");
    expect(waiting?.status.message).toBe("a: fewer than 1 free ports in 7000-7009");
    await bench.controllers.link.heartbeat("a", { ...NODE, portRange: { min: 7000, max: 7020 } });
    await bench.bringUp(11);
  });

  it("take a development server for Ready at once, without a container", async () => {
    const spec = {
      ...TEMPLATE.spec,
      ports: [{ name: "game", portPolicy: "Static", containerPort: 7654, hostPort: 7654 }],
    };
    await bench.create("GameServer", "agones.dev/v1", "dev", spec, {
      "agones.dev/dev-address": "192.0.2.1",
    });
    await until(() => bench.servers("Ready").length === 1);
    expect(bench.servers()[0]?.status).toMatchObject({
      address: "192.0.2.1",
      nodeName: "",
      ports: [{ name: "game", port: 7654 }],
    });
  });

  it("end everything of a fleet that was deleted", async () => {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 2, template: TEMPLATE });
    await bench.bringUp(2);
    await bench.store.commit([
      { op: "delete", ref: { kind: "Fleet", namespace: "default", name: "arena" } },
    ]);
    await until(async () => {
      await bench.letGo();
      return bench.store.count("GameServer") === 0 && bench.store.count("GameServerSet") === 0;
    });
  });

  it("roll a new template out and leave the held server of the old one", async () => {
    const fleet = await bench.create("Fleet", "agones.dev/v1", "arena", {
      replicas: 3,
      template: TEMPLATE,
    });
    await bench.bringUp(3);
    const [held] = bench.servers("Ready");
    if (held) await bench.become(held, "Allocated");
    const now = bench.store.get("Fleet", "default", "arena") ?? fleet;
    const template = { ...now.spec.template, metadata: { labels: { version: "2" } } };
    await bench.store.commit([updateOf(now, { ...now, spec: { ...now.spec, template } })]);
    const fresh = (): GameServer[] =>
      bench.servers("Ready").filter((s) => s.metadata.labels?.version === "2");
    await until(async () => {
      await bench.letGo();
      for (const server of bench.servers("Starting")) {
        await bench.report(server, { pid: 9 });
        await bench.controllers.link.sdk("a", [
          { verb: "ready", subject: subjectOf(server), id: "r" },
        ]);
      }
      return fresh().length === 2 && bench.servers().length === 3;
    });
    expect(bench.servers("Allocated").map(({ metadata }) => metadata.uid)).toEqual([
      held?.metadata.uid,
    ]);
  });
});
