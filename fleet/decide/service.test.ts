import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { Container, ContainerPhase } from "../../core/model/container.ts";
import { type Service, TEMPLATE_LABEL } from "../../core/model/service.ts";
import {
  decideService,
  type ServiceAction,
  type ServiceLimits,
  serviceCountsOf,
  templateHashOf,
} from "./service.ts";
import { decideServiceGrant } from "./service-grant.ts";

const LIMITS: ServiceLimits = {
  isLost: ({ status }) => status.nodeName === "lost",
  endedForMs: () => 10_000,
  endedDelayMs: 30_000,
  creationsMax: 64,
  deletionsMax: 64,
};
interface Strategy {
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
}
const QUARTER: Strategy = { maxSurge: "25%", maxUnavailable: "25%" };

function service(replicas: number, rollingUpdate: Strategy = QUARTER): Service {
  const ports = [{ name: "web", port: 80, hostPort: 8080 }];
  return made("Service", { spec: { replicas, ports, strategy: { rollingUpdate } } });
}
let count = 0;
interface Kind {
  readonly old?: boolean;
  readonly phase?: ContainerPhase;
  readonly ready?: boolean;
  readonly leaving?: boolean;
}
/** A replica of the present template that runs and is ready, unless it says otherwise. */
function replica({ old, phase = "Running", ready = true, leaving }: Kind = {}): Container {
  const hash = old ? "older" : templateHashOf(service(1).spec.template);
  const name = `web-${String(count++).padStart(4, "0")}`;
  const container = made("Container", { metadata: { name, labels: { [TEMPLATE_LABEL]: hash } } });
  const metadata = { ...container.metadata, ...(leaving ? { deletionTimestamp: "x" } : {}) };
  const status = { ...container.status, phase, ready: phase === "Running" && ready };
  return { ...container, metadata, status };
}
const many = (count: number, kind: Kind = {}): Container[] =>
  Array.from({ length: count }, () => replica(kind));

/** `+2 ScaleUp`, `-1 RollingUpdate` per reason. */
function told(actions: readonly ServiceAction[]): string[] {
  const deletions = Map.groupBy(
    actions.filter((action) => action.do === "delete"),
    ({ because }) => because,
  );
  return [
    ...actions.flatMap((one) => (one.do === "create" ? [`+${one.count} ${one.because}`] : [])),
    ...[...deletions].map(([because, all]) => `-${all.length} ${because}`),
  ];
}

// biome-ignore format: one line per case
const CASES: [string, Service, Container[], string[]][] = [
  ["makes all replicas of a new service", service(3), [], ["+3 ScaleUp"]],
  ["makes what is missing, not counting one on its way out", service(3), [...many(2), replica({ leaving: true })], ["+1 ScaleUp"]],
  ["does nothing when all are there", service(2), many(2), []],
  ["does nothing for a replica that starts again by itself", service(2), [replica(), replica({ phase: "Backoff" })], []],
  ["takes away what is too many", service(1), many(3), ["-2 ScaleDown"]],
  ["takes away all at 0", service(0), many(2), ["-2 ScaleDown"]],
  ["begins a rolling update with the surge, rounded up", service(3), many(3, { old: true }), ["+1 RollingUpdate"]],
  ["takes no old one before a new one is ready", service(2), [...many(2, { old: true }), replica({ ready: false })], []],
  ["takes an old one for a new one that is ready", service(2), [...many(2, { old: true }), replica()], ["-1 RollingUpdate"]],
  ["goes on with the next new one when the old one is on its way out", service(2), [replica({ old: true }), replica({ old: true, leaving: true }), replica()], ["+1 RollingUpdate"]],
  ["takes as many old ones at once as may be missing", service(4, { maxSurge: 0, maxUnavailable: 2 }), many(4, { old: true }), ["-2 RollingUpdate"]],
  ["takes old ones that are not ready at once", service(2), [...many(2, { old: true, ready: false })], ["+1 RollingUpdate", "-2 RollingUpdate"]],
  ["ends an update with the last old one", service(2), [...many(2), replica({ old: true })], ["-1 RollingUpdate"]],
  ["has room for one when shares round to nothing", service(1, { maxSurge: 0, maxUnavailable: "1%" }), [replica({ old: true })], ["-1 RollingUpdate"]],
  ["scales down in an update without going below", service(2), [...many(4, { old: true }), replica()], ["-3 RollingUpdate"]],
];

describe("a service", () => {
  it.each(CASES)("%s", (_, one, containers, wanted) => {
    expect(told(decideService(one, containers, LIMITS).actions)).toEqual(wanted);
  });
  it("removes what is not ready first, then the youngest", () => {
    const [first, second] = many(2);
    const starting = replica({ phase: "Starting" });
    const young = replica();
    const youngest = {
      ...young,
      metadata: { ...young.metadata, creationTimestamp: "2027-01-01T00:00:00Z" },
    };
    const all = [first, second, starting, youngest].filter((one) => one !== undefined);
    const { actions } = decideService(service(2), all, LIMITS);
    const names = actions.map((one) => (one.do === "delete" ? one.container.metadata.name : ""));
    expect(names).toEqual([starting.metadata.name, youngest.metadata.name]);
  });
  it("replaces a replica that ended for good after a while, and says when that is", () => {
    const all = [replica(), replica({ phase: "Exited" })];
    const waits = decideService(service(2), all, LIMITS);
    expect(waits).toEqual({ actions: [], retryInMs: 20_000 });
    const due = decideService(service(2), all, { ...LIMITS, endedForMs: () => 30_000 });
    expect(told(due.actions)).toEqual(["+1 ScaleUp", "-1 Replaced"]);
  });
  it("replaces a replica whose node is lost, which goes when that is heard of again", () => {
    const gone = replica();
    const away = { ...gone, status: { ...gone.status, nodeName: "lost" } };
    const { actions } = decideService(service(2), [replica(), away], LIMITS);
    expect(told(actions)).toEqual(["+1 ScaleUp", "-1 NodeLost"]);
  });
  it("makes and removes no more in a pass than it may", () => {
    const few = { ...LIMITS, creationsMax: 2, deletionsMax: 3 };
    expect(told(decideService(service(9), [], few).actions)).toEqual(["+2 ScaleUp"]);
    expect(told(decideService(service(0), many(9), few).actions)).toEqual(["-3 ScaleDown"]);
  });
  it("counts what is there", () => {
    const all = [
      replica(),
      replica({ old: true }),
      replica({ ready: false }),
      replica({ leaving: true }),
    ];
    const counts = { replicas: 3, readyReplicas: 2, updatedReplicas: 2 };
    expect(serviceCountsOf(service(3), all)).toEqual(counts);
  });
  it("names a template alike whatever the order of its keys", () => {
    const { template } = service(1).spec;
    const turned = { spec: Object.fromEntries(Object.entries(template.spec).reverse()) };
    expect(templateHashOf(turned as typeof template)).toBe(templateHashOf(template));
    const other = { ...template, spec: { ...template.spec, image: "other" } };
    expect(templateHashOf(other)).not.toBe(templateHashOf(template));
  });
});

describe("a rolling update", () => {
  const strategies = fc
    .record({ maxSurge: fc.nat(3), maxUnavailable: fc.nat(3) })
    .filter(({ maxSurge, maxUnavailable }) => maxSurge + maxUnavailable > 0);

  it("converges, never has fewer ready or more alive than it may", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), strategies, (replicas, strategy) => {
        const one = service(replicas, strategy);
        let all = many(replicas, { old: true });
        for (let step = 0; step < 60; step++) {
          const { actions } = decideService(one, all, LIMITS);
          for (const action of actions)
            if (action.do === "create")
              all.push(...many(action.count, { phase: "Starting", ready: false }));
            else all = all.filter((other) => other !== action.container);
          const { replicas: alive, readyReplicas } = serviceCountsOf(one, all);
          expect(readyReplicas).toBeGreaterThanOrEqual(replicas - strategy.maxUnavailable);
          expect(alive).toBeLessThanOrEqual(replicas + strategy.maxSurge);
          all = all.map((other) => ({
            ...other,
            status: { ...other.status, phase: "Running", ready: true },
          }));
        }
        const end = { replicas, readyReplicas: replicas, updatedReplicas: replicas };
        expect(serviceCountsOf(one, all)).toEqual(end);
      }),
      { numRuns: 100 },
    );
  });
});

describe("what a service is given", () => {
  const seen = {
    ...{ pool: "10.86.0.0/30", addresses: new Set<string>(), portHolder: () => undefined },
    ownPorts: new Map<number, string>(),
  };

  it("is an address and its host ports, and it keeps them", () => {
    const grant = decideServiceGrant(service(1), seen);
    expect(grant.address).toMatch(/^10\.86\.0\.[12]$/);
    expect(grant.ports).toEqual([{ name: "web", port: 8080 }]);
    const given = { ...service(1), status: { ...service(1).status, ...grant } };
    const later = { ...seen, addresses: new Set([grant.address]), portHolder: () => "by me" };
    expect(decideServiceGrant(given, later)).toEqual(grant);
  });
  it("is not a port that somebody has, and it says who", () => {
    expect(
      decideServiceGrant(service(1), { ...seen, portHolder: () => "on node a" }),
    ).toMatchObject({
      ports: [],
      reason: "PortRangeFull",
      message: "host port 8080 is taken on node a",
    });
  });
  it("is no port that the platform listens on, also when it has it from before", () => {
    const ownPorts = new Map([[8080, "by the API of this control plane"]]);
    const refused = {
      ports: [],
      reason: "PortRangeFull",
      message: "host port 8080 is taken by the API of this control plane",
    };
    const had = {
      ...service(1),
      status: { ...service(1).status, ports: [{ name: "web", port: 8080 }] },
    };
    for (const one of [service(1), had])
      expect(decideServiceGrant(one, { ...seen, ownPorts })).toMatchObject(refused);
  });
  it("is another address than those of others, or none", () => {
    const one = decideServiceGrant(service(1), { ...seen, addresses: new Set(["10.86.0.1"]) });
    expect(one.address).toBe("10.86.0.2");
    const addresses = new Set(["10.86.0.1", "10.86.0.2"]);
    expect(decideServiceGrant(service(1), { ...seen, addresses })).toMatchObject({
      address: "",
      reason: "Unplaceable",
      message: "all addresses of 10.86.0.0/30 are taken",
    });
  });
});
