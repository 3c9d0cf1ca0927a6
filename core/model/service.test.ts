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

  it("stays in its network", () => {
    expect(problemsOf("Service", template({ network: "x" }), { old: made("Service") })).toEqual([
      'spec.template.spec.network: cannot be changed (it is "default"): delete the service and create it anew',
    ]);
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
