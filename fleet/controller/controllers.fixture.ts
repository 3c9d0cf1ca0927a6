import { randomUUID } from "node:crypto";
import { admit } from "../../core/model/admit.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Report, Subject } from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import type { Kind, Kinds } from "../../core/model/resource.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { EventLog } from "../../store/event-log.ts";
import { EVENT_BOUNDS } from "../../store/live-event-log.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { openMemoryEventLog } from "../../store/memory/memory-event-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { CONTROLLER_DEFAULTS, type ControllerContext, updateOf } from "./context.ts";
import { Controllers } from "./controllers.ts";
import { World } from "./world.ts";

/** A node with ten ports. */
export const NODE: NodeStatus = {
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
/** A template of a fleet, as short as it may be. */
export const TEMPLATE: { readonly spec: object } = {
  spec: {
    ports: [{ name: "game", containerPort: 7654 }],
    template: { spec: { containers: [{ name: "game", image: "arena" }] } },
  },
};

/** The control plane's loops over a store in memory; the test is the node. */
export class ControllerBench {
  readonly store: ResourceStore = openMemoryResourceStore({
    ...STORE_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  readonly events: EventLog = openMemoryEventLog({
    ...EVENT_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  readonly controllers: Controllers;
  readonly context: ControllerContext;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(newUid: () => string = randomUUID) {
    const { store, events } = this;
    const context: ControllerContext = {
      store,
      events,
      world: new World(store, new Map()),
      clock: systemClock,
      logger: silentLogger,
      newUid,
      options: { ...CONTROLLER_DEFAULTS, errorDelayMs: 50, statusEveryMs: 1 },
    };
    this.context = context;
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
  /** Changes what is there, as the API would; it may have changed in between. */
  async change<K extends Kind>(
    kind: K,
    name: string,
    to: (now: Kinds[K]) => Kinds[K],
  ): Promise<void> {
    const now = this.store.get(kind, "default", name);
    if (!now) throw new Error(`there is no ${kind} ${name}`);
    await this.store.commit([updateOf(now, to(now))]);
  }
  /** One turn of a healthy node: what is to go goes, what starts gets Ready (but for servers that `works` says no to). */
  async turn(works: (server: GameServer) => boolean = () => true): Promise<void> {
    await this.letGo();
    for (const server of this.servers("Starting")) {
      await this.report(server, { pid: 9, address: "10.87.0.2" });
      if (works(server))
        await this.controllers.link.sdk("a", [
          { verb: "ready", subject: subjectOf(server), id: randomUUID() },
        ]);
      else await this.report(server, { seen: "exited", exitCode: 1 });
    }
  }
  /** Lets go of every container whose server is on its way out. */
  async letGo(): Promise<void> {
    for (const server of this.servers().filter(
      (s) => s.metadata.deletionTimestamp ?? s.status.state === "Shutdown",
    ))
      await this.report(server, { seen: "removed" });
  }
}
export const subjectOf = ({ metadata }: GameServer): Subject => ({
  kind: "GameServer",
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});
const UNTIL_MS_MAX = 15_000;
/** Looks again and again, for as long as that and often, also on a machine that stands still for a while. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.monotonic() + UNTIL_MS_MAX;
  for (let looks = 0; looks < 500 || systemClock.monotonic() < end; looks++) {
    if (await holds()) return;
    await systemClock.sleep(5);
  }
  throw new Error("it did not come to hold");
}
