import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { type AnyResource, ApiClient } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { until } from "./look-inside.ts";

const REPLICAS = 6;
const ROLLED_WITHIN_S = "100";
/** A quarter of six, rounded down. */
const UNAVAILABLE_MAX = 1;
/** A quarter of six, rounded up. */
const SURGE_MAX = 2;

/** Six of examples/simple; what `env` holds makes the version. */
function fleet(env: Readonly<Record<string, string>>): object {
  const container = {
    name: "simple",
    image: "simple",
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  };
  const port = { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 };
  const pod = { containers: [container], terminationGracePeriodSeconds: 1 };
  const template = {
    spec: { ports: [port], health: { initialDelaySeconds: 30 }, template: { spec: pod } },
  };
  return {
    apiVersion: "agones.dev/v1",
    kind: "Fleet",
    metadata: { name: "rolled" },
    spec: { replicas: REPLICAS, template },
  };
}

/** Somebody who plays: says a line, and counts what comes back. */
class Player {
  readonly #socket: Socket;
  answers = 0;
  isCutOff = false;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", () => this.answers++);
    for (const end of ["close", "error"]) this.#socket.on(end, () => (this.isCutOff = true));
  }
  async says(line: string): Promise<string> {
    this.#socket.write(`${line}\n`);
    const [answer] = await once(this.#socket, "data");
    return String(answer).trim();
  }
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Follows every change of the fleet's game servers, and keeps the worst that it saw. */
class Watcher {
  fewestAvailable = Number.POSITIVE_INFINITY;
  mostAlive = 0;
  readonly #servers = new Map<string, GameServer>();
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  static async start(api: ApiClient): Promise<Watcher> {
    const watcher = new Watcher();
    const target = { kind: "GameServer", namespace: "default" } as const;
    const list = await api.list(target);
    for (const one of list.items) watcher.#put(one);
    watcher.#watching = watcher.#follow(api, list.metadata.resourceVersion ?? "0");
    return watcher;
  }
  async #follow(api: ApiClient, from: string): Promise<void> {
    const target = { kind: "GameServer", namespace: "default" } as const;
    for await (const { type, object } of api.watch(target, from, this.#stop.signal)) {
      if (type === "DELETED") this.#servers.delete(object.metadata.name);
      else if (type !== "BOOKMARK") this.#put(object);
      this.#count();
    }
  }
  #put(resource: AnyResource): void {
    this.#servers.set(resource.metadata.name, resource as unknown as GameServer);
  }
  #count(): void {
    const alive = [...this.#servers.values()].filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp && !["Shutdown", "Unhealthy", "Error"].includes(status.state),
    );
    const available = alive.filter(({ status }) => ["Ready", "Allocated"].includes(status.state));
    this.fewestAvailable = Math.min(this.fewestAvailable, available.length);
    this.mostAlive = Math.max(this.mostAlive, alive.length);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching.catch(() => undefined);
  }
}

describe("a rollout, with real containers and players", () => {
  let instance: TestInstance;
  let api: ApiClient;
  beforeAll(async () => {
    instance = await TestInstance.start({
      images: ["examples/simple/image.yaml"],
      flags: ["--port-range", "17740-17779"],
    });
    api = new ApiClient({ url: instance.url, token: () => instance.adminToken });
  });
  afterAll(() => instance?.[Symbol.asyncDispose]());

  const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
  const roll = async (env: Readonly<Record<string, string>>): Promise<void> => {
    const merge = { "content-type": "application/merge-patch+json" };
    const { status } = await instance.request("PATCH", `${FLEETS}/rolled`, fleet(env), merge);
    expect(status).toBe(200);
  };
  const rollout = (...words: readonly string[]) => instance.cli("rollout", ...words);
  const servers = async (): Promise<GameServer[]> => {
    const { items } = await api.list({ kind: "GameServer", namespace: "default" });
    return items as unknown as GameServer[];
  };
  const versionOf = ({ spec }: GameServer): string =>
    spec.template.spec.containers[0]?.env?.find(({ name }) => name === "VERSION")?.value ?? "";

  it("replaces what is free, keeps who plays, and never has fewer Ready than allowed", async () => {
    expect((await instance.request("POST", FLEETS, fleet({ VERSION: "1" }))).status).toBe(201);
    expect(await rollout("status", "fleet/rolled", "--timeout", ROLLED_WITHIN_S)).toMatchObject({
      code: 0,
    });
    const held: string[] = [];
    for (let i = 0; i < 2; i++)
      held.push(
        JSON.parse(await instance.mustCli("allocate", "rolled", "-o", "json")).status
          .gameServerName,
      );
    const ports = await Promise.all(
      held.map(
        async (name) =>
          (await until(instance, ["GameServer", name], () => true)).status.ports?.[0]?.port,
      ),
    );
    const players = ports.map((port) => new Player(port ?? 0));
    for (const player of players) expect(await player.says("hello")).toBe("ACK: hello");
    {
      await using watcher = await Watcher.start(api);
      await roll({ VERSION: "2" });
      const { code, out } = await rollout("status", "fleet/rolled", "--timeout", ROLLED_WITHIN_S);
      expect({ code, out }).toMatchObject({ code: 0 });
      expect(out).toMatch(/fleet rolled is rolled out: 4 of 4 new; 2 held of older revisions\n$/);
      expect(watcher.fewestAvailable).toBeGreaterThanOrEqual(REPLICAS - UNAVAILABLE_MAX);
      expect(watcher.mostAlive).toBeLessThanOrEqual(REPLICAS + SURGE_MAX);
    }
    for (const player of players) {
      expect(await player.says("still here")).toBe("ACK: still here");
      expect(player.isCutOff).toBe(false);
      player[Symbol.dispose]();
    }
    const alive = (await servers()).filter(({ metadata }) => !metadata.deletionTimestamp);
    const old = alive.filter((server) => versionOf(server) === "1");
    expect(old.map(({ metadata }) => metadata.name).sort()).toEqual(held.sort());
    expect(alive.length - old.length).toBe(REPLICAS - held.length);
  }, 240_000);

  it("that does not come to its end says so, and is taken back", async () => {
    await roll({ VERSION: "3", AUTO_READY: "no" });
    const late = await rollout("status", "fleet/rolled", "--timeout", "3");
    expect(late.code).toBe(8);
    expect(late.err).toMatch(
      /not rolled out after 3 s: fleet rolled: 0 of 4 new game servers are there/,
    );
    const { out } = await rollout("history", "fleet/rolled");
    expect(out.trim().split("\n").length).toBe(4);
    expect(out).toMatch(/^3 .* present/m);
    expect(await rollout("undo", "fleet/rolled")).toMatchObject({
      code: 0,
      out: "fleet/rolled rolls back to revision 2\n",
    });
    expect(await rollout("status", "fleet/rolled", "--timeout", ROLLED_WITHIN_S)).toMatchObject({
      code: 0,
    });
    const versions = (await servers())
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && status.state === "Ready")
      .map(versionOf);
    expect(versions).toEqual(["2", "2", "2", "2"]);
    expect((await rollout("history", "fleet/rolled")).out).toMatch(/^4 .* present/m);
  });

  it("waits while it is paused", async () => {
    expect(await rollout("pause", "fleet/rolled")).toMatchObject({ code: 0 });
    await roll({ VERSION: "5" });
    const paused = await rollout("status", "fleet/rolled");
    expect(paused.code).toBe(6);
    expect(paused.err).toMatch(/the rollout of fleet rolled is paused/);
    expect((await rollout("undo", "fleet/rolled")).err).toMatch(/fleet rolled is paused/);
    expect(await rollout("resume", "fleet/rolled")).toMatchObject({ code: 0 });
    expect(await rollout("status", "fleet/rolled", "--timeout", ROLLED_WITHIN_S)).toMatchObject({
      code: 0,
    });
  });

  it("of a fleet that is deleted leaves held servers their time", async () => {
    const said = await instance.mustCli("delete", "fleet", "rolled", "--drain", "600");
    expect(said).toMatch(/^fleet\/rolled ends when its last held game server has ended/);
    await expect
      .poll(async () => (await servers()).map(({ status }) => status.state), { timeout: 60_000 })
      .toEqual(["Allocated", "Allocated"]);
    expect((await rollout("status", "fleet/rolled")).err).toMatch(/fleet rolled is being deleted/);
    await instance.mustCli("delete", "fleet", "rolled", "--now");
    await expect.poll(async () => (await servers()).length, { timeout: 60_000 }).toBe(0);
  });
});
