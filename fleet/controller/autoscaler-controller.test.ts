import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { admit } from "../../core/model/admit.ts";
import { containerIdOf } from "../../core/model/container-plan.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { AutoscalerSenses } from "./autoscaler-senses.ts";
import { updateOf } from "./context.ts";
import {
  ControllerBench as Bench,
  NODE,
  subjectOf,
  TEMPLATE,
  until,
} from "./controllers.fixture.ts";
import { UsageWindow } from "./usage-window.ts";
import { WebhookProgram, wants } from "./webhook.fixture.ts";

const LIMITED = {
  spec: {
    ...TEMPLATE.spec,
    template: {
      spec: {
        containers: [{ name: "game", image: "arena", resources: { limits: { cpu: "500m" } } }],
      },
    },
  },
};
const NOW = { scaleDown: { stabilizationWindowSeconds: 0 } };

describe("an autoscaler", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.controllers.link.heartbeat("a", { ...NODE, portRange: { min: 7000, max: 7999 } });
  });
  afterEach(() => bench.close());

  async function arena(template: object, policy: object, more: object = {}): Promise<void> {
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 1, template });
    await scaler("arena", policy, more);
  }
  async function scaler(name: string, policy: object, more: object = {}): Promise<void> {
    const spec = { fleetName: "arena", policy, ...more };
    await bench.create("FleetAutoscaler", "autoscaling.agones.dev/v1", name, spec);
  }
  const replicas = (): number | undefined =>
    bench.store.get("Fleet", "default", "arena")?.spec.replicas;
  const statusOf = (name: string): FleetAutoscaler["status"] | undefined =>
    bench.store.get("FleetAutoscaler", "default", name)?.status;
  async function count(server: GameServer, rooms: number): Promise<void> {
    const now = bench.store.get("GameServer", "default", server.metadata.name) ?? server;
    const counters = { rooms: { count: rooms, capacity: 4 } };
    await bench.store.commit([updateOf(now, { ...now, status: { ...now.status, counters } })]);
  }

  it("keeps room free in a counter, and gives it back", async () => {
    const counters = { rooms: { count: 0, capacity: 4 } };
    const policy = { key: "rooms", bufferSize: 4, minCapacity: 4, maxCapacity: 40 };
    const template = { spec: { ...TEMPLATE.spec, counters } };
    await arena(template, { type: "Counter", counter: policy });
    await bench.bringUp(1);
    const [one] = bench.servers("Ready");
    if (!one) throw new Error("a server was there");
    await count(one, 3);
    await until(() => replicas() === 2);
    await bench.bringUp(2);
    await count(one, 0);
    await until(() => replicas() === 1);
    await until(() => statusOf("arena")?.policies?.[0]?.desiredReplicas === 1);
    expect(statusOf("arena")?.policies?.[0]).toMatchObject({ id: "counter", type: "Counter" });
  });

  it("leaves a fleet alone that is being deleted and waits for who plays", async () => {
    const spec = { replicas: 1, drainSeconds: 3_600, template: TEMPLATE };
    await bench.create("Fleet", "agones.dev/v1", "arena", spec);
    await scaler("arena", { type: "Buffer", buffer: { bufferSize: 1, maxReplicas: 9 } });
    await bench.bringUp(1);
    const [one] = bench.servers("Ready");
    const fleet = bench.store.get("Fleet", "default", "arena");
    if (!one || !fleet) throw new Error("both were there");
    const held = { ...one, status: { ...one.status, state: "Allocated" as const } };
    const metadata = { ...fleet.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    await bench.store.commit([updateOf(one, held), updateOf(fleet, { ...fleet, metadata })]);
    await until(() => statusOf("arena")?.reason === "FleetMissing");
    expect(bench.store.get("Fleet", "default", "arena")).toBeDefined();
  });

  it("follows a list that games change through the SDK", async () => {
    const lists = { players: { values: [], capacity: 2 } };
    const policy = { key: "players", bufferSize: 2, minCapacity: 2, maxCapacity: 20 };
    await arena({ spec: { ...TEMPLATE.spec, lists } }, { type: "List", list: policy });
    await bench.bringUp(1);
    const [one] = bench.servers("Ready");
    if (!one) throw new Error("a server was there");
    const subject = subjectOf(one);
    const add = { verb: "addValue", name: "players", value: "ada", subject, id: "1" } as const;
    expect(await bench.controllers.link.sdk("a", [add])).toMatchObject([{ ok: true }]);
    await until(() => replicas() === 2);
    const remove = { ...add, verb: "removeValue", id: "2" } as const;
    expect(await bench.controllers.link.sdk("a", [remove])).toMatchObject([{ ok: true }]);
    await until(() => replicas() === 1);
  });

  it("counts only what is in its own namespace", async () => {
    const counters = { rooms: { count: 0, capacity: 4 } };
    const template = { spec: { ...TEMPLATE.spec, counters } };
    const other = admit(
      {
        apiVersion: "agones.dev/v1",
        kind: "Fleet",
        metadata: { name: "arena", namespace: "other" },
        spec: { replicas: 5, template },
      },
      { kind: "Fleet", now: "2026-01-01T00:00:00Z", uid: randomUUID(), fieldValidation: "Strict" },
    );
    await bench.store.commit([{ op: "create", object: other.object }]);
    const policy = { key: "rooms", bufferSize: 8, maxCapacity: 40 };
    await arena(template, { type: "Counter", counter: policy });
    await until(() => replicas() === 2 && bench.servers().length === 7);
    await until(() => statusOf("arena")?.message?.startsWith("0 of 8 rooms") === true);
    expect(bench.store.get("Fleet", "other", "arena")?.spec.replicas).toBe(5);
  });

  it("goes to zero without players, wakes for a request that found none, and opens one only", async () => {
    const lists = { players: { values: [], capacity: 8 } };
    const players = { type: "List", key: "players", perServer: 8, maxReplicas: 5 };
    const template = { spec: { ...TEMPLATE.spec, lists } };
    await arena(template, { type: "Players", players }, { behavior: NOW });
    await until(async () => {
      await bench.letGo();
      return replicas() === 0 && bench.servers().length === 0;
    });
    const selectors = [{ matchLabels: { "agones.dev/fleet": "arena" } }];
    bench.controllers.missed("default", [{ matchLabels: { "agones.dev/fleet": "other" } }]);
    bench.controllers.missed("default", selectors);
    await until(() => replicas() === 1);
    await bench.bringUp(1);
    const [one] = bench.servers("Ready");
    if (one) await bench.become(one, "Allocated");
    await until(() => bench.store.get("Fleet", "default", "arena")?.status.allocatedReplicas === 1);
    expect(replicas()).toBe(1);
  });

  it("follows the CPU that nodes measure, and stands still when they measure nonsense", async () => {
    const cpu = { meanPercent: 50, minReplicas: 1, maxReplicas: 8 };
    await arena(LIMITED, { type: "CPU", cpu });
    await until(() => bench.servers("Starting").length === 1);
    const measure = (atMs: number, micros: number): void => {
      const rows = bench
        .servers()
        .map(({ metadata }) => [containerIdOf(metadata.uid), micros, 1_000_000, 1] as const);
      bench.controllers.link.usage("a", { atMs, rows });
    };
    // Before it can play: a warning that nothing is measured would keep back the next one for ten seconds.
    measure(1_000, 0);
    // 450 of 500 thousandths of a core: 90 percent.
    measure(11_000, 4_500_000);
    await bench.bringUp(1);
    await until(() => replicas() === 2);
    await until(() => statusOf("arena")?.message?.includes("CPU mean of 90%") === true);
    measure(12_000, -1);
    await until(() => statusOf("arena")?.reason === "MetricsAbsurd");
    const warnings = bench.events
      .list({ kind: "FleetAutoscaler" })
      .filter((e) => e.type === "Warning");
    expect(warnings.map(({ reason }) => reason)).toContain("MetricsAbsurd");
    expect(replicas()).toBe(2);
  });

  it("tells every scale with the numbers before and after, and a burst in few events", async () => {
    const buffer = { bufferSize: 20, minReplicas: 0, maxReplicas: 200 };
    await arena(TEMPLATE, { type: "Buffer", buffer });
    await bench.bringUp(20);
    for (const server of bench.servers("Ready")) await bench.become(server, "Allocated");
    await until(() => replicas() === 40);
    const told = (kind: string): string[] =>
      bench.events
        .list({ kind })
        .map(({ message }) => message)
        .filter((message) => /^from \d+ to \d+ replicas/.test(message));
    await until(() => told("Fleet").at(-1)?.includes("to 40 replicas") === true);
    const numbers = told("Fleet").map((message) => (message.match(/\d+/g) ?? []).map(Number));
    expect(numbers[0]?.[0]).toBe(1);
    for (const [i, [from]] of numbers.entries()) if (i > 0) expect(from).toBe(numbers[i - 1]?.[1]);
    expect(numbers.length).toBeLessThan(10);
    expect(told("FleetAutoscaler")).toEqual(told("Fleet"));
  });

  it("looks for servers to remove once a second, and then does not look again by itself", async () => {
    const counters = { rooms: { count: 0, capacity: 4 } };
    const policy = { key: "rooms", bufferSize: 5, maxCapacity: 40 };
    await arena({ spec: { ...TEMPLATE.spec, counters } }, { type: "Counter", counter: policy });
    await bench.bringUp(2);
    const fleet = bench.store.get("Fleet", "default", "arena");
    if (!fleet) throw new Error("it was there");
    const clock = new FakeClock(0);
    const usage = new UsageWindow(clock);
    const nothing = (): undefined => undefined;
    const context = { ...bench.context, clock };
    const senses = new AutoscalerSenses(context, usage, nothing, nothing);
    const look = (): number => senses.factsOf(fleet, nothing).removable().length;
    expect([look(), senses.postponedMs(fleet)]).toEqual([2, undefined]);
    expect(look()).toBe(0);
    expect(senses.postponedMs(fleet)).toBe(1_000);
    expect(senses.postponedMs(fleet)).toBeUndefined();
    await clock.advance(1_000);
    expect(look()).toBe(2);
  });

  it("asks a program of the user, tells it the fleet's labels and annotations, and follows it down to nothing", async () => {
    const answers = [wants(3), wants(3, false), wants(0)];
    await using program = await WebhookProgram.start((_, response) =>
      response.end(answers.length > 1 ? answers.shift() : answers[0]),
    );
    const webhook = { url: program.url };
    const sync = { fixedInterval: { seconds: 1 } };
    await arena(TEMPLATE, { type: "Webhook", webhook }, { sync });
    await bench.change("Fleet", "arena", (now) => ({
      ...now,
      metadata: { ...now.metadata, labels: { map: "a" }, annotations: { limit: "5" } },
    }));
    await until(() => replicas() === 3);
    await until(() => program.asked.length >= 2);
    await until(() => replicas() === 0);
    expect(statusOf("arena")?.lastAppliedPolicy).toBe("Webhook");
    const { request } = program.asked.at(-1) ?? {};
    expect(request).toMatchObject({ name: "arena", namespace: "default" });
    expect(request).toMatchObject({ labels: { map: "a" }, annotations: { limit: "5" } });
    expect(request?.status.replicas).toBeGreaterThanOrEqual(0);
    expect(new Set(program.asked.map((one) => one.request.uid)).size).toBe(program.asked.length);
  });

  it("holds what a program said last while it fails, and warns once", async () => {
    let fails = false;
    await using program = await WebhookProgram.start((_, response) =>
      fails ? response.writeHead(503).end() : response.end(wants(4)),
    );
    const policy = { type: "Webhook", webhook: { url: program.url } };
    await arena(TEMPLATE, policy, { sync: { fixedInterval: { seconds: 1 } } });
    await until(() => replicas() === 4);
    fails = true;
    await until(() => statusOf("arena")?.reason === "WebhookFailed");
    expect(statusOf("arena")?.message).toContain("answered 503 instead of 200; 4 stands");
    const warnings = bench.events
      .list({ kind: "FleetAutoscaler" })
      .filter((event) => event.reason === "WebhookFailed");
    expect(warnings.map(({ type }) => type)).toEqual(["Warning"]);
    expect(replicas()).toBe(4);
  });

  it("asks a program no more often for all that happens to the fleet", async () => {
    await using program = await WebhookProgram.start((_, response) => response.end(wants(20)));
    await arena(TEMPLATE, { type: "Webhook", webhook: { url: program.url } });
    await until(() => replicas() === 20);
    await bench.bringUp(20);
    for (const server of bench.servers("Ready")) await bench.become(server, "Allocated");
    await until(
      () => bench.store.get("Fleet", "default", "arena")?.status.allocatedReplicas === 20,
    );
    expect(program.asked).toHaveLength(1);
  });

  it("leaves the fleet to an older one, which two would otherwise pull to and fro", async () => {
    const policy = (size: number) => ({
      type: "Buffer",
      buffer: { bufferSize: size, minReplicas: 0, maxReplicas: 50 },
    });
    await arena(TEMPLATE, policy(2));
    await scaler("later", policy(7));
    await until(() => statusOf("later")?.reason === "AutoscalerShadowed");
    await until(() => replicas() === 2);
    expect(statusOf("later")).toMatchObject({ ableToScale: false });
    const ref = { kind: "FleetAutoscaler", namespace: "default", name: "arena" } as const;
    await bench.store.commit([{ op: "delete", ref }]);
    await until(() => replicas() === 7);
  });
});
