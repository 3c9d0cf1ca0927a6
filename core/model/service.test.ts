import { describe, expect, it } from "vitest";
import { made, problemsOf, spec } from "./admit-inputs.ts";
import { COLUMNS } from "./columns.ts";
import { containerPlanOf } from "./container-plan.ts";
import { serviceOwnerOf } from "./service.ts";

const template = (patch: object): object => spec({ template: { spec: patch } });
const ports = (...rows: readonly object[]): object => spec({ ports: rows });
const none = { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } };

describe("a Service", () => {
  it("has one replica, steps of a quarter and time to drain when nothing else is said", () => {
    const { spec: found } = made("Service", { spec: { replicas: null } });
    expect(found).toMatchObject({
      replicas: 1,
      sessionAffinity: "None",
      strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      template: { spec: { network: "default", drainSeconds: 5, restartPolicy: "Always" } },
    });
  });

  // biome-ignore format: one line per case
  it.each([
    ["no image", { spec: { template: { spec: { image: null } } } }, "spec.template.spec.image: is required, found nothing"],
    ["a readiness probe that asks nothing", template({ readinessProbe: {} }), "spec.template.spec.readinessProbe: must have exactly one of httpGet, tcpSocket and exec, found 0"],
    ["a fixed address", template({ address: "10.0.0.1" }), "spec.template.spec.address: a service has an address of its own, its replicas have different ones"],
    ["a stopped replica", template({ running: false }), "spec.template.spec.running: must be true, found false: scale the service to 0 instead"],
    ["a host port of a replica", template({ ports: [{ containerPort: 80, hostPort: 80 }] }), "spec.template.spec.ports[0].hostPort: use the service's ports for host ports"],
    ["steps of nothing", spec(none), "spec.strategy.rollingUpdate.maxUnavailable: must not be 0 when maxSurge is 0, found 0"],
    ["one port twice", ports({ port: 80 }, { port: 80 }), 'spec.ports[1].port: must be unique, "TCP 80" is at spec.ports[0].port too'],
    ["one host port twice", ports({ port: 80, hostPort: 7 }, { port: 81, hostPort: 7 }), 'spec.ports[1].hostPort: must be unique, "TCP 7" is at spec.ports[0].hostPort too'],
    ["more replicas than a rule holds", spec({ replicas: 129 }), "spec.replicas: must be 0..128, found 129"],
    ["a name that its replicas could not carry", { metadata: { name: "a".repeat(55) } }, "metadata.name: must have at most 54 characters, so that its replicas can be named after it"],
  ])("is refused with %s", (_, patch, problem) => {
    expect(problemsOf("Service", patch)).toEqual([problem]);
  });

  describe("with autoscaling", () => {
    const resources = { limits: { cpu: 1 } };
    const scaling = (autoscaling: object, more: object = {}): object =>
      spec({ autoscaling, template: { spec: { resources } }, ...more });
    const good = { maxReplicas: 8, cpu: { meanPercent: 60 } };

    it("goes up at once and down carefully when nothing else is said", () => {
      const { autoscaling } = made("Service", scaling(good)).spec;
      expect(autoscaling).toMatchObject({ minReplicas: 1, cpu: { staleAfterSeconds: 15 } });
      expect(autoscaling?.behavior.scaleUp.stabilizationWindowSeconds).toBe(0);
      expect(autoscaling?.behavior.scaleDown.stabilizationWindowSeconds).toBe(300);
    });

    it("says all that is wrong in one answer", () => {
      const bad = { autoscaling: { minReplicas: 4, maxReplicas: 2, cpu: {} } };
      expect(problemsOf("Service", spec(bad))).toEqual([
        "spec.autoscaling.minReplicas: must be at most maxReplicas (2), found 4",
        "spec.autoscaling.cpu: needs meanPercent, p95Percent or both, found none",
        "spec.template.spec.resources: needs a CPU request or a CPU limit, of which autoscaling's percentages are",
      ]);
      const worse = { minReplicas: 0, cpu: { meanPercent: 0, staleAfterSeconds: 1 } };
      expect(problemsOf("Service", scaling(worse))).toEqual([
        "spec.autoscaling.maxReplicas: is required, found nothing",
        "spec.autoscaling.minReplicas: must be 1..128, found 0",
        "spec.autoscaling.cpu.meanPercent: must be 1..1000, found 0",
        "spec.autoscaling.cpu.staleAfterSeconds: must be 2..600, found 1",
      ]);
    });

    it("keeps its replicas in an update that does not say them, and takes those that one says", () => {
      const old = made("Service", scaling(good, { replicas: 5 }));
      const update = (replicas: number | null) =>
        made("Service", scaling(good, { replicas }), { old }).spec.replicas;
      expect([update(null), update(3)]).toEqual([5, 3]);
      const plain = { spec: { replicas: null } };
      expect(made("Service", plain, { old: made("Service") }).spec.replicas).toBe(1);
    });
  });

  it("stays in its network", () => {
    expect(problemsOf("Service", template({ network: "x" }), { old: made("Service") })).toEqual([
      'spec.template.spec.network: cannot be changed (it is "default"): delete the service and create it anew',
    ]);
  });

  it("shows between which numbers it scales and for what, and nothing without it", () => {
    const column = COLUMNS.Service.find(({ name }) => name === "AUTOSCALING");
    const resources = { limits: { cpu: 1 } };
    const autoscaling = { maxReplicas: 8, cpu: { meanPercent: 60, p95Percent: 90 } };
    const scaled = spec({ autoscaling, template: { spec: { resources } } });
    const texts = [made("Service", scaled), made("Service")].map((one) => column?.value(one, 0));
    expect(texts).toEqual(["1..8 at mean 60%,p95 90%", ""]);
  });

  it("shows its own ports with those of the node", () => {
    const rows = ports({ port: 80, hostPort: 8080 }, { port: 53, protocol: "UDP" });
    const column = COLUMNS.Service.find(({ name }) => name === "PORTS");
    expect(column?.value(made("Service", rows), 0)).toBe("80:8080/TCP,53/UDP");
  });
});

describe("a Container", () => {
  it("drains before it is stopped if a service owns it, and only then", () => {
    const owner = { apiVersion: "flotilla.dev/v1", kind: "Service", name: "web", uid: "u" };
    const ownerReferences = [{ ...owner, controller: true }];
    const placed = (metadata: object) => {
      const one = made("Container", { metadata, spec: { drainSeconds: 3 } });
      return { ...one, status: { ...one.status, nodeName: "a" } };
    };
    expect(serviceOwnerOf(placed({ ownerReferences }).metadata)?.name).toBe("web");
    expect(containerPlanOf(placed({ ownerReferences }))?.drainMs).toBe(3_000);
    expect(containerPlanOf(placed({}))).not.toHaveProperty("drainMs");
  });
});
