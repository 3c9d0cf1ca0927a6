import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fleet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { ControllerBench, NODE, TEMPLATE, until } from "./controllers.fixture.ts";

const AGONES = "agones.dev/v1";

describe("fleets that are scaled, edited and allocated from", () => {
  let bench: ControllerBench;
  beforeEach(async () => {
    bench = new ControllerBench();
    await bench.controllers.link.heartbeat("a", { ...NODE, portRange: { min: 7000, max: 7200 } });
  });
  afterEach(() => bench.close());

  const make = (name: string, spec: object): Promise<unknown> =>
    bench.create("Fleet", AGONES, name, { template: TEMPLATE, ...spec });
  const changeSpec = (name: string, to: (spec: Fleet["spec"]) => Fleet["spec"]): Promise<void> =>
    bench.change("Fleet", name, (fleet) => ({ ...fleet, spec: to(fleet.spec) }));
  const scale = (name: string, replicas: number): Promise<void> =>
    changeSpec(name, (spec) => ({ ...spec, replicas }));
  /** Another label in the template: a new version. */
  const edited = (spec: Fleet["spec"], version: string): Fleet["spec"] => ({
    ...spec,
    template: { ...spec.template, metadata: { labels: { version } } },
  });
  const serversOf = (fleet: string, state?: string): GameServer[] =>
    bench.servers(state).filter(({ metadata }) => metadata.labels?.["agones.dev/fleet"] === fleet);
  const versionOf = ({ metadata }: GameServer): string => metadata.labels?.version ?? "1";
  /** Also to the version: the counts alone may be those from before, or of two versions in the middle of a rollout. */
  const comesTo = (
    fleet: string,
    counts: { readonly ready: number; readonly held: number },
    version = "1",
  ) =>
    until(async () => {
      await bench.turn();
      const ready = serversOf(fleet, "Ready");
      const held = [...serversOf(fleet, "Allocated"), ...serversOf(fleet, "Reserved")];
      return (
        ready.length === counts.ready &&
        ready.every((server) => versionOf(server) === version) &&
        held.length === counts.held &&
        serversOf(fleet).length === counts.ready + counts.held
      );
    });
  const holdOne = async (fleet: string, state: "Allocated" | "Reserved"): Promise<string> => {
    const [server] = serversOf(fleet, "Ready");
    if (!server) throw new Error("a server is Ready");
    await bench.become(server, state);
    return server.metadata.name;
  };
  const statusOf = (fleet: string) => bench.store.get("Fleet", "default", fleet)?.status;

  it("keep what is held of two templates when they are scaled to nothing and back", async () => {
    await make("arena", { replicas: 3 });
    await comesTo("arena", { ready: 3, held: 0 });
    const first = await holdOne("arena", "Allocated");
    await changeSpec("arena", (spec) => edited(spec, "2"));
    await comesTo("arena", { ready: 2, held: 1 }, "2");
    const second = await holdOne("arena", "Allocated");
    await scale("arena", 0);
    await comesTo("arena", { ready: 0, held: 2 });
    await scale("arena", 5);
    await comesTo("arena", { ready: 3, held: 2 }, "2");
    const held = serversOf("arena", "Allocated").map(({ metadata }) => metadata.name);
    expect(held.sort()).toEqual([first, second].sort());
  });

  it("are scaled up, edited and scaled to nothing, in a row and without a wait between", async () => {
    await make("arena", { replicas: 1 });
    await comesTo("arena", { ready: 1, held: 0 });
    await scale("arena", 6);
    await bench.turn();
    await changeSpec("arena", (spec) => edited(spec, "2"));
    await bench.turn();
    await scale("arena", 0);
    await comesTo("arena", { ready: 0, held: 0 });
    await until(() => bench.store.count("GameServerSet") === 1);
  });

  it("take another template and other replicas in one write", async () => {
    await make("arena", { replicas: 4 });
    await comesTo("arena", { ready: 4, held: 0 });
    await changeSpec("arena", (spec) => edited({ ...spec, replicas: 6 }, "2"));
    await comesTo("arena", { ready: 6, held: 0 }, "2");
    expect(serversOf("arena").map(versionOf)).toEqual(Array(6).fill("2"));
  });

  it("recreate everything that is not held with strategy Recreate", async () => {
    await make("arena", { replicas: 3, strategy: { type: "Recreate" } });
    await comesTo("arena", { ready: 3, held: 0 });
    const held = await holdOne("arena", "Allocated");
    let fresh = 0;
    let mixed = 0;
    using _ = bench.store.onHead(() => {
      const free = serversOf("arena").filter(
        (s) => !s.metadata.deletionTimestamp && s.status.state !== "Allocated",
      );
      const isNew = free.map((server) => versionOf(server) === "2");
      if (isNew.includes(true)) fresh++;
      if (isNew.includes(true) && isNew.includes(false)) mixed++;
    });
    await changeSpec("arena", (spec) => edited(spec, "2"));
    await comesTo("arena", { ready: 2, held: 1 }, "2");
    expect(serversOf("arena", "Allocated").map(({ metadata }) => metadata.name)).toEqual([held]);
    expect({ fresh: fresh > 0, mixed }).toEqual({ fresh: true, mixed: 0 });
  });

  it("of no replicas have no servers, and say so", async () => {
    await make("arena", { replicas: 0 });
    await until(() => bench.store.count("GameServerSet") === 1);
    await bench.turn();
    expect(bench.servers()).toEqual([]);
    expect(statusOf("arena")).toMatchObject({ replicas: 0, readyReplicas: 0 });
    await scale("arena", 1);
    await comesTo("arena", { ready: 1, held: 0 });
  });

  it("count a Reserved server, and keep it when they are scaled to nothing", async () => {
    await make("arena", { replicas: 2 });
    await comesTo("arena", { ready: 2, held: 0 });
    const name = await holdOne("arena", "Reserved");
    await until(
      () => statusOf("arena")?.reservedReplicas === 1 && statusOf("arena")?.readyReplicas === 1,
    );
    await scale("arena", 0);
    await comesTo("arena", { ready: 0, held: 1 });
    expect(serversOf("arena").map(({ metadata }) => metadata.name)).toEqual([name]);
    await until(() => statusOf("arena")?.replicas === 1);
  });

  it("come to what was asked last, several at once", async () => {
    const fleets = ["a", "b", "c", "d"];
    for (const name of fleets) await make(name, { replicas: 2 });
    for (const replicas of [9, 1, 7, 0, 5]) {
      await Promise.all(fleets.map((name, i) => scale(name, replicas + i)));
      await bench.turn();
    }
    for (const [i, name] of fleets.entries()) await comesTo(name, { ready: 5 + i, held: 0 });
  });

  it("are rolled while an autoscaler holds their buffer", async () => {
    await make("arena", { replicas: 2 });
    const buffer = { bufferSize: 3, minReplicas: 3, maxReplicas: 10 };
    await bench.create("FleetAutoscaler", "autoscaling.agones.dev/v1", "arena", {
      fleetName: "arena",
      policy: { type: "Buffer", buffer },
    });
    await comesTo("arena", { ready: 3, held: 0 });
    const held = await holdOne("arena", "Allocated");
    await changeSpec("arena", (spec) => edited(spec, "2"));
    await comesTo("arena", { ready: 3, held: 1 }, "2");
    await holdOne("arena", "Allocated");
    await comesTo("arena", { ready: 3, held: 2 }, "2");
    const versions = serversOf("arena").map(versionOf);
    expect(versions.sort()).toEqual(["1", "2", "2", "2", "2"]);
    expect(bench.store.get("GameServer", "default", held)?.status.state).toBe("Allocated");
  });
});
