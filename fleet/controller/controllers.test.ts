import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { updateOf } from "./context.ts";
import {
  ControllerBench as Bench,
  NODE,
  subjectOf,
  TEMPLATE,
  until,
} from "./controllers.fixture.ts";

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

  it("begin with the first port again on a node that went and came back", async () => {
    const portOf = async (name: string): Promise<number | undefined> => {
      await bench.create("GameServer", "agones.dev/v1", name, TEMPLATE.spec);
      const server = () => bench.store.get("GameServer", "default", name);
      await until(() => server()?.status.state === "Starting");
      const port = server()?.status.ports[0]?.port;
      await bench.store.commit([
        { op: "delete", ref: { kind: "GameServer", namespace: "default", name } },
      ]);
      return port;
    };
    expect([await portOf("one"), await portOf("two")]).toEqual([7000, 7001]);
    await bench.store.commit([{ op: "delete", ref: { kind: "Node", namespace: "", name: "a" } }]);
    await bench.controllers.link.heartbeat("a", NODE);
    expect(await portOf("three")).toBe(7000);
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
