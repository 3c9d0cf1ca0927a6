import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Container } from "../../core/model/container.ts";
import { containerIdOf } from "../../core/model/container-plan.ts";
import type { Report } from "../../core/model/link.ts";
import { SERVICE_LABEL, type Service, serviceOwnerOf } from "../../core/model/service.ts";
import { removalOf, updateOf } from "./context.ts";
import { ControllerBench as Bench, NODE, TEMPLATE, until } from "./controllers.fixture.ts";

const PROBED = { image: "arena", readinessProbe: { httpGet: { port: 80 } } };

describe("a service's loop", () => {
  let bench: Bench;
  const service = (name = "web"): Service | undefined =>
    bench.store.get("Service", "default", name);
  const containers = (): readonly Container[] => bench.store.list("Container");
  const make = (name: string, spec: object = {}) =>
    bench.create("Service", "flotilla.dev/v1", name, {
      ...{ replicas: 2, ports: [{ port: 80, hostPort: 7001 }], template: { spec: PROBED } },
      ...spec,
    });
  const tell = ({ metadata }: Container, more: Partial<Report>) => {
    const { namespace, name, uid } = metadata;
    const subject = { kind: "Container", namespace, name, uid } as const;
    const report: Report = { subject, seen: "running", id: "1", address: "10.87.0.2", ...more };
    return bench.controllers.link.reports("a", [report]);
  };
  /** What a node does with all that is on it: it runs what is wanted, and lets go of the rest. */
  const live = async (ready = true): Promise<void> => {
    for (const one of containers().filter(({ status }) => status.nodeName === "a")) {
      if (one.metadata.deletionTimestamp) await tell(one, { seen: "removed" });
      else if (one.status.ready !== ready) await tell(one, { ready });
    }
  };
  const livesUntil = (claim: () => boolean): Promise<void> =>
    until(async () => {
      await live();
      return claim();
    });

  beforeEach(async () => {
    bench = new Bench();
    await bench.controllers.link.heartbeat("a", NODE);
  });
  afterEach(() => bench.close());

  it("makes replicas that carry its name, and counts those that are ready", async () => {
    const made = await make("web");
    await until(() => containers().length === 2);
    for (const one of containers()) {
      expect(one.metadata.labels?.[SERVICE_LABEL]).toBe("web");
      expect(serviceOwnerOf(one.metadata)?.uid).toBe(made.metadata.uid);
    }
    await until(async () => {
      await live(false);
      return service()?.status.replicas === 2;
    });
    expect(service()?.status.readyReplicas).toBe(0);
    await livesUntil(() => service()?.status.readyReplicas === 2);
    expect(service()?.status).toMatchObject({ updatedReplicas: 2, ports: [{ port: 7001 }] });
    expect(service()?.status.address).toMatch(/^10\.86\./);
  });

  it("says how many replicas it made", async () => {
    await make("web", { replicas: 1 });
    await until(() => containers().length === 1);
    await make("more", { replicas: 3, ports: [{ port: 80, hostPort: 7002 }] });
    await until(() => containers().length === 4);
    const said = (): string[] =>
      bench.events
        .list({ kind: "Service" })
        .filter(({ reason }) => reason === "ScaleUp")
        .map(({ message }) => message);
    // An event comes after its commit.
    await until(() => said().length === 2);
    expect(said()).toEqual(["made 1 replica; 1 wanted", "made 3 replicas; 3 wanted"]);
  });

  it("replaces all of another template, with an event for each step", async () => {
    await make("web");
    await livesUntil(() => service()?.status.readyReplicas === 2);
    const before = containers().map(({ metadata }) => metadata.uid);
    const now = service();
    if (!now) throw new Error("it was there");
    const template = { spec: { ...now.spec.template.spec, image: "arena:latest" } };
    await bench.store.commit([updateOf(now, { ...now, spec: { ...now.spec, template } })]);
    await livesUntil(() => {
      const status = service()?.status;
      return (
        status?.updatedReplicas === 2 && status.readyReplicas === 2 && containers().length === 2
      );
    });
    expect(containers().filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
    const reasons = bench.events.list({ kind: "Service" }).map(({ reason }) => reason);
    expect(reasons).toContain("RollingUpdate");
  });

  describe("with autoscaling", () => {
    const autoscaling = {
      ...{ maxReplicas: 4, cpu: { meanPercent: 50 } },
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    };
    const template = { spec: { ...PROBED, resources: { limits: { cpu: "500m" } } } };
    const scaling = () => service()?.status.autoscaling;
    /** Two batches, ten seconds apart by the node's clock: each replica used so many percent of its limit in between. */
    let nodeMs = 0;
    const used = new Map<string, number>();
    const measure = (percent: number): void => {
      for (const _ of [0, 1]) {
        nodeMs += 10_000;
        const rows = containers().map(({ metadata }) => {
          const id = containerIdOf(metadata.uid);
          const micros = (used.get(id) ?? 0) + percent * 50_000;
          used.set(id, micros);
          return [id, micros, 1_000_000, 1] as const;
        });
        bench.controllers.link.usage("a", { atMs: nodeMs, rows });
      }
    };
    const measuredUntil = (percent: number, claim: () => boolean): Promise<void> =>
      until(async () => {
        await live();
        measure(percent);
        return claim();
      });
    const told = (type: string): string[] =>
      bench.events
        .list({ kind: "Service" })
        .filter((event) => event.type === type)
        .map(({ reason, message }) => `${reason} ${message}`);

    it("follows the CPU that nodes measure up and down, and tells the numbers before and after", async () => {
      await make("web", { replicas: 1, autoscaling, template });
      await measuredUntil(200, () => service()?.spec.replicas === 4 && containers().length === 4);
      expect(told("Normal")).toContain(
        "ScaleUp from 1 to 4 replicas: CPU mean of 200% for a target of 50% want 4",
      );
      await measuredUntil(200, () => told("Warning").length === 1);
      // The event comes after the commit, and the mean of two looks may be in between.
      const isDown = (line: string): boolean => /^ScaleDown from [2-4] to 1 replicas: /.test(line);
      await measuredUntil(0, () => told("Normal").some(isDown));
      expect(service()?.spec.replicas).toBe(1);
      await measuredUntil(0, () => scaling()?.desiredReplicas === 1 && containers().length === 1);
      await until(() => scaling()?.currentReplicas === 1);
      expect(scaling()).toMatchObject({ scalingLimited: true, reason: "ScalingLimited" });
      // At the ceiling there was something to tell, at the floor there is not.
      const bounded =
        /^ScalingLimited CPU mean of 200% for a target of 50% want \d+, held to 1\.\.4$/;
      expect(told("Warning")).toEqual([expect.stringMatching(bounded)]);
      expect(scaling()?.lastScaleTime).toMatch(/^\d{4}-/);
    });

    it("holds what is there while measurements are missing or absurd", async () => {
      await make("web", { replicas: 3, autoscaling, template });
      await livesUntil(() => scaling()?.reason === "MetricsMissing");
      await measuredUntil(-300, () => scaling()?.reason === "MetricsAbsurd");
      expect(service()?.spec.replicas).toBe(3);
      expect(scaling()).toMatchObject({ currentReplicas: 3, desiredReplicas: 3 });
    });

    it("rests while somebody has it scaled to 0", async () => {
      await make("web", { replicas: 1, autoscaling, template });
      await livesUntil(() => service()?.status.readyReplicas === 1);
      await bench.change("Service", "web", (now) => ({
        ...now,
        spec: { ...now.spec, replicas: 0 },
      }));
      await livesUntil(() => scaling()?.reason === "PolicyInactive" && containers().length === 0);
      await bench.change("Service", "web", (now) => ({
        ...now,
        spec: { ...now.spec, replicas: 1 },
      }));
      await livesUntil(() => service()?.status.readyReplicas === 1);
    });
  });

  it("takes its replicas with it, also under a new service of its name", async () => {
    await make("web");
    await livesUntil(() => service()?.status.readyReplicas === 2);
    const before = containers().map(({ metadata }) => metadata.uid);
    const old = service();
    if (!old) throw new Error("it was there");
    await bench.store.commit([removalOf(old)]);
    await make("web");
    await livesUntil(
      () =>
        service()?.status.readyReplicas === 2 &&
        containers().every(({ metadata }) => !before.includes(metadata.uid)),
    );
    const last = service();
    if (last) await bench.store.commit([removalOf(last)]);
    await livesUntil(() => containers().length === 0);
  });

  it("holds its host port against everybody, and waits for one that somebody has", async () => {
    await make("web");
    await until(() => service()?.status.ports.length === 1);
    await bench.create("Fleet", "agones.dev/v1", "arena", { replicas: 9, template: TEMPLATE });
    await bench.bringUp(9);
    const ports = bench.servers().map(({ status }) => status.ports[0]?.port);
    expect(ports).not.toContain(7001);
    await make("late", { ports: [{ port: 80, hostPort: 7002 }] });
    await until(() => service("late")?.status.reason === "PortRangeFull");
    expect(service("late")?.status).toMatchObject({
      ports: [],
      message: "host port 7002 is taken on node a",
    });
    await make("second");
    await until(() => service("second")?.status.reason !== undefined);
    expect(service("second")?.status.message).toBe(
      "host port 7001 is taken by service default/web",
    );
    expect(new Set(bench.store.list("Service").map(({ status }) => status.address)).size).toBe(3);
  });
});
