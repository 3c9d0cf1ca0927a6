import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fleet, FleetRevision } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { ControllerBench, NODE, TEMPLATE, until } from "./controllers.fixture.ts";

const AGONES = "agones.dev/v1";
/** The template with another label: a new version. */
const version = (n: number): object => ({ ...TEMPLATE, metadata: { labels: { version: `${n}` } } });

describe("a fleet", () => {
  let bench: ControllerBench;
  /** So many of the next uids begin alike, and so do the names that are made of them. */
  let alike = 0;
  beforeEach(async () => {
    bench = new ControllerBench(() => {
      const uid = randomUUID();
      return alike-- > 0 ? `aaaaa${uid.slice(5)}` : uid;
    });
    await bench.controllers.link.heartbeat("a", { ...NODE, portRange: { min: 7000, max: 7100 } });
  });
  afterEach(() => bench.close());

  const make = async (spec: object, ready: number): Promise<void> => {
    await bench.create("Fleet", AGONES, "arena", { template: version(1), ...spec });
    await bench.bringUp(ready);
  };
  const changeSpec = (spec: object): Promise<void> =>
    bench.change("Fleet", "arena", (fleet) => ({
      ...fleet,
      metadata: { ...fleet.metadata, generation: fleet.metadata.generation + 1 },
      spec: { ...fleet.spec, ...spec },
    }));
  /** A template as admission leaves it, with another label. */
  const roll = (n: number): Promise<void> =>
    bench.change("Fleet", "arena", (fleet) => ({
      ...fleet,
      spec: {
        ...fleet.spec,
        template: { ...fleet.spec.template, metadata: { labels: { version: `${n}` } } },
      },
    }));
  it("makes its set under another name when one is there by the name that it chose", async () => {
    await bench.create("GameServerSet", AGONES, "arena-aaaaa", {
      replicas: 0,
      template: version(1),
    });
    alike = 2;
    await make({ replicas: 2 }, 2);
    expect(alike).toBeLessThan(0);
    expect(bench.store.count("GameServerSet")).toBe(2);
  });

  const fleet = (): Fleet | undefined => bench.store.get("Fleet", "default", "arena");
  const hold = async (count: number, state: "Allocated" | "Reserved" = "Allocated") => {
    const held = bench.servers("Ready").slice(0, count);
    for (const server of held) await bench.become(server, state);
    return held.map(({ metadata }) => metadata.name).sort();
  };
  const ofVersion = (n: number, state?: string): GameServer[] =>
    bench.servers(state).filter(({ metadata }) => metadata.labels?.version === `${n}`);
  const names = (servers: readonly GameServer[]): string[] =>
    servers.map(({ metadata }) => metadata.name).sort();
  const history = (): FleetRevision[] =>
    bench.store.list("FleetRevision").sort((a, b) => a.spec.revision - b.spec.revision);
  const said = (kind: string): string[] =>
    bench.events.list({ kind }).map(({ message }) => message);

  it("is never below replicas - maxUnavailable nor above replicas + maxSurge while it is rolled", async () => {
    await make({ replicas: 8 }, 8);
    const seen: { alive: number; ready: number }[] = [];
    using _ = bench.store.onHead(() => {
      const alive = bench
        .servers()
        .filter((s) => !s.metadata.deletionTimestamp && s.status.state !== "Shutdown");
      seen.push({
        alive: alive.length,
        ready: alive.filter((s) => s.status.state === "Ready").length,
      });
    });
    await roll(2);
    await until(async () => {
      await bench.turn();
      return ofVersion(2, "Ready").length === 8 && bench.servers().length === 8;
    });
    expect(Math.min(...seen.map(({ ready }) => ready))).toBeGreaterThanOrEqual(6);
    expect(Math.max(...seen.map(({ alive }) => alive))).toBeLessThanOrEqual(10);
    expect(said("Fleet").join("\n")).toMatch(
      /made set arena-\w+ of revision 2 with 2 of 8 replicas/,
    );
    expect(said("Fleet").join("\n")).toMatch(
      /set arena-\w+ goes from 8 to 6 replicas \(it has 8: 8 Ready, 0 held\)/,
    );
  });

  it("keeps the old version playing while the new one is broken, and goes on to the third", async () => {
    await make({ replicas: 4 }, 4);
    const [held] = await hold(1);
    const works = (server: GameServer): boolean => server.metadata.labels?.version !== "2";
    await roll(2);
    let broken = 0;
    await until(async () => {
      await bench.turn(works);
      broken = bench.events
        .list({ kind: "GameServer" })
        .filter(({ reason }) => reason === "Broken").length;
      return broken >= 4;
    });
    expect(
      ofVersion(1).filter(({ status }) => ["Ready", "Allocated"].includes(status.state)).length,
    ).toBe(3);
    await roll(3);
    await until(async () => {
      await bench.turn(works);
      return ofVersion(3, "Ready").length === 3 && bench.servers().length === 4;
    });
    expect(names(bench.servers("Allocated"))).toEqual([held]);
  });

  it("keeps what it was, newest last, also when it goes back, and forgets it when it is deleted", async () => {
    await make({ replicas: 1, revisionHistoryLimit: 2 }, 1);
    const go = async (n: number): Promise<void> => {
      await roll(n);
      await until(async () => {
        await bench.turn();
        return ofVersion(n, "Ready").length === 1 && bench.servers().length === 1;
      });
    };
    const shown = (): string[] =>
      history().map(({ spec }) => `${spec.revision}: ${spec.template.metadata?.labels?.version}`);
    await go(2);
    expect(shown()).toEqual(["1: 1", "2: 2"]);
    await go(1);
    expect(shown()).toEqual(["2: 2", "3: 1"]);
    await go(3);
    await go(4);
    expect(shown()).toEqual(["3: 1", "4: 3", "5: 4"]);
    await until(() => bench.store.count("GameServerSet") === 1);
    expect(
      bench.store.list("GameServerSet")[0]?.metadata.annotations?.["flotilla.dev/revision"],
    ).toBe("5");
    await bench.store.commit([
      { op: "delete", ref: { kind: "Fleet", namespace: "default", name: "arena" } },
    ]);
    await until(() => bench.store.count("FleetRevision") === 0);
  });

  it("takes no step while it is paused, and goes on when it is resumed", async () => {
    await make({ replicas: 3 }, 3);
    await changeSpec({ paused: true });
    await roll(2);
    await changeSpec({ replicas: 5 });
    await bench.bringUp(5);
    expect(ofVersion(1, "Ready").length).toBe(5);
    await changeSpec({ paused: false });
    await until(async () => {
      await bench.turn();
      return ofVersion(2, "Ready").length === 5 && bench.servers().length === 5;
    });
  });

  it("labels Allocated servers beyond its replicas, and passes on a changed scheduling", async () => {
    const allocationOverflow = { labels: { colour: "old" }, annotations: { note: "drain" } };
    await make({ replicas: 3, allocationOverflow }, 3);
    await hold(3);
    await changeSpec({ replicas: 1, scheduling: "Distributed" });
    const labelled = (): GameServer[] =>
      bench.servers("Allocated").filter(({ metadata }) => metadata.labels?.colour === "old");
    await until(() => labelled().length === 2);
    expect(labelled().every(({ metadata }) => metadata.annotations?.note === "drain")).toBe(true);
    await until(() => bench.store.list("GameServerSet")[0]?.spec.scheduling === "Distributed");
    await changeSpec({ replicas: 0 });
    await until(() => labelled().length === 3);
    expect(bench.servers().length).toBe(3);
  });

  it("leaves held servers of an old template alone without a deadline, and ends them with one", async () => {
    await make({ replicas: 3 }, 3);
    const held = [...(await hold(1)), ...(await hold(1, "Reserved"))].sort();
    await roll(2);
    await until(async () => {
      await bench.turn();
      return ofVersion(2, "Ready").length === 1 && bench.servers().length === 3;
    });
    expect(names(ofVersion(1))).toEqual(held);
    await changeSpec({ drainSeconds: 1 });
    await until(async () => {
      await bench.turn();
      return ofVersion(2, "Ready").length === 3 && bench.servers().length === 3;
    });
    const ends = bench.events
      .list({ kind: "GameServer" })
      .filter(({ reason }) => reason === "DrainDeadline");
    expect(ends.map(({ involvedObject }) => involvedObject.name).sort()).toEqual(held);
    await until(() => bench.store.count("GameServerSet") === 1);
  });

  it("lets a server beyond its replicas off the drain when it grows again", async () => {
    await make({ replicas: 2, drainSeconds: 3600 }, 2);
    await hold(2);
    const draining = (): GameServer[] =>
      bench
        .servers()
        .filter(({ metadata }) => metadata.annotations?.["flotilla.dev/draining-since"]);
    await changeSpec({ replicas: 1 });
    await until(() => draining().length === 1);
    await changeSpec({ replicas: 2 });
    await until(() => draining().length === 0);
    expect(bench.servers("Allocated").length).toBe(2);
    await changeSpec({ replicas: 0 });
    await until(() => draining().length === 2);
    for (const server of draining()) await bench.become(server, "Ready");
    await until(async () => {
      await bench.turn();
      return bench.servers().length === 0;
    });
  });

  it("ends a session that is older than it may be, and puts another server in its place", async () => {
    await make({ replicas: 2, maxSessionAgeSeconds: 60 }, 2);
    const allocate = (name: string, at: string): Promise<void> =>
      bench.change("GameServer", name, (server) => ({
        ...server,
        metadata: { ...server.metadata, annotations: { "agones.dev/last-allocated": at } },
        status: { ...server.status, state: "Allocated" },
      }));
    const [old = "", young = ""] = names(bench.servers("Ready"));
    await allocate(old, "2026-01-01T00:00:00Z");
    await allocate(young, "2999-01-01T00:00:00Z");
    await until(async () => {
      await bench.turn();
      return bench.servers("Ready").length === 1 && bench.servers().length === 2;
    });
    expect(names(bench.servers("Allocated"))).toEqual([young]);
    expect(bench.store.get("GameServer", "default", old)).toBeUndefined();
  });

  it("that is deleted with a deadline goes with its last held server", async () => {
    await make({ replicas: 3 }, 3);
    const held = await hold(1);
    const now = new Date().toISOString();
    await bench.change("Fleet", "arena", (one) => ({
      ...one,
      metadata: { ...one.metadata, deletionTimestamp: now, deletionGracePeriodSeconds: 3600 },
    }));
    await until(async () => {
      await bench.turn();
      return bench.servers().length === 1;
    });
    expect(names(bench.servers("Allocated"))).toEqual(held);
    expect(fleet()).toBeDefined();
    await bench.change("Fleet", "arena", (one) => ({
      ...one,
      metadata: { ...one.metadata, deletionGracePeriodSeconds: 1 },
    }));
    await until(async () => {
      await bench.turn();
      return (
        fleet() === undefined &&
        bench.servers().length === 0 &&
        bench.store.count("FleetRevision") === 0
      );
    });
    expect(bench.store.count("GameServerSet")).toBe(0);
  });
});
