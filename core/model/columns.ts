import { ageOf } from "./age.ts";
import { mostOf, targetOf } from "./autoscaler-target.ts";
import type { Event } from "./event.ts";
import { FLEET_LABEL, type FleetStatus, REVISION } from "./fleet.ts";
import { replicaRangeOf } from "./fleet-autoscaler.ts";
import type { Lists, Scheduling } from "./game-server.ts";
import { allocatableOf, type Node, type NodeCapacity } from "./node.ts";
import { formatBytes, formatMilli } from "./quantity.ts";
import type { Kinds, Labels, ObjectMeta } from "./resource.ts";
import type { Seats } from "./room.ts";
import type { ServiceSpec } from "./service.ts";

export interface Column<R> {
  readonly name: string;
  /** Shown only when asked for. */
  readonly wide: boolean;
  readonly value: (resource: R, nowMs: number) => string;
}
type Columns = { readonly [K in keyof Kinds]: readonly Column<Kinds[K]>[] } & {
  readonly Event: readonly Column<Event>[];
};
type Value<R> = Column<R>["value"];

const always = <R>(name: string, value: Value<R>): Column<R> => ({ name, wide: false, value });
const wide = <R>(name: string, value: Value<R>): Column<R> => ({ name, wide: true, value });
const NAME = always<{ metadata: ObjectMeta }>("NAME", ({ metadata }) => metadata.name);
const AGE = always<{ metadata: ObjectMeta }>("AGE", ({ metadata }, now) =>
  ageOf(metadata.creationTimestamp, now),
);

interface Set {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly scheduling: Scheduling; readonly replicas: number };
  readonly status: FleetStatus;
}
const COUNTS: readonly Column<Set>[] = [
  always("SCHEDULING", ({ spec }) => spec.scheduling),
  always("DESIRED", ({ spec }) => String(spec.replicas)),
  always("CURRENT", ({ status }) => String(status.replicas)),
  always("ALLOCATED", ({ status }) => String(status.allocatedReplicas)),
  always("READY", ({ status }) => String(status.readyReplicas)),
  wide("RESERVED", ({ status }) => String(status.reservedReplicas)),
  wide("COUNTERS", ({ status }) => sumsText(status.counters)),
  wide("LISTS", ({ status }) => sumsText(status.lists)),
];

type Sums = { readonly [key: string]: { readonly count: number; readonly capacity: number } };
/** `rooms:3/12`, by the names of counters or lists. */
function sumsText(sums: Sums = {}): string {
  return Object.entries(sums)
    .map(([name, { count, capacity }]) => `${name}:${count}/${capacity}`)
    .join(",");
}
function listsText(lists: Lists = {}): string {
  const sums = Object.entries(lists).map(([name, { capacity, values }]) => {
    return [name, { count: values.length, capacity }] as const;
  });
  return sumsText(Object.fromEntries(sums));
}

/** A resource on its way out says so, whatever its state. */
function stateOf({ metadata }: { metadata: ObjectMeta }, state: string): string {
  return metadata.deletionTimestamp === undefined ? state : "Terminating";
}
/** `game:7000,udp:7001` */
export const portsText = (
  ports: readonly { readonly name: string; readonly port: number }[],
): string => ports.map(({ name, port }) => (name === "" ? `${port}` : `${name}:${port}`)).join(",");

/** `80:8080/TCP`: the service's own port, and the node's when it has one. */
const servicePortsText = ({ ports }: ServiceSpec): string =>
  ports
    .map(({ port, hostPort, protocol }) => `${port}${hostPort ? `:${hostPort}` : ""}/${protocol}`)
    .join(",");

/** `1..8 at mean 60%`; empty when its replicas are set by hand. */
function serviceScalingText({ autoscaling }: ServiceSpec): string {
  if (!autoscaling) return "";
  const { minReplicas, maxReplicas, cpu } = autoscaling;
  const target = targetOf({ type: "CPU", cpu: { ...cpu, minReplicas, maxReplicas } });
  return `${minReplicas}..${maxReplicas} at ${target}`;
}

const reservedOf = (seats: Seats): number =>
  Object.values(seats).filter(({ state }) => state === "Reserved").length;

const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

/** `500m/2`: what is asked for by what is there, of what may be. */
function usedText(node: Node, amount: keyof NodeCapacity, format: (n: number) => string): string {
  return `${format(node.status.used?.[amount] ?? 0)}/${format(allocatableOf(node)[amount])}`;
}

function nodeStatusText({ spec, status }: Node): string {
  const state = status.ready ? "Ready" : status.lost ? "Lost" : "NotReady";
  if (spec.drain) return `${state},${status.used?.containers === 0 ? "Drained" : "Draining"}`;
  return spec.unschedulable ? `${state},SchedulingDisabled` : state;
}

/** What a table of each kind shows, as kubectl prints Agones' kinds. */
export const COLUMNS: Columns = {
  GameServer: [
    NAME,
    always("STATE", (one) => stateOf(one, one.status.state)),
    always("ADDRESS", ({ status }) => status.address),
    always("PORT", ({ status }) => String(status.ports[0]?.port ?? "")),
    always("NODE", ({ status }) => status.nodeName),
    AGE,
    wide("PORTS", ({ status }) => portsText(status.ports)),
    wide("HEALTH", ({ status }) => status.health ?? ""),
    wide("COUNTERS", ({ status }) => sumsText(status.counters)),
    wide("LISTS", ({ status }) => listsText(status.lists)),
    wide("REASON", ({ status }) => status.reason ?? ""),
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  GameServerSet: [
    NAME,
    ...COUNTS,
    AGE,
    wide("REVISION", ({ metadata }) => metadata.annotations?.[REVISION] ?? ""),
  ],
  Fleet: [
    NAME,
    ...COUNTS,
    AGE,
    wide("STRATEGY", ({ spec }) => spec.strategy.type),
    wide("IMAGE", ({ spec }) => spec.template.spec.template.spec.containers[0]?.image ?? ""),
  ],
  FleetRevision: [
    NAME,
    always("FLEET", ({ metadata }) => metadata.labels?.[FLEET_LABEL] ?? ""),
    always("REVISION", ({ spec }) => String(spec.revision)),
    always("IMAGE", ({ spec }) => spec.template.spec.template.spec.containers[0]?.image ?? ""),
    AGE,
    wide("CHANGE-CAUSE", ({ spec }) => spec.changeCause ?? ""),
  ],
  FleetAutoscaler: [
    NAME,
    always("FLEET", ({ spec }) => spec.fleetName),
    always("POLICY", ({ spec }) => spec.policy.type),
    always("TARGET", ({ spec }) => targetOf(spec.policy)),
    always("MIN", ({ spec }) => String(replicaRangeOf(spec.policy)[0])),
    always("MAX", ({ spec }) => mostOf(spec.policy)),
    always("CURRENT", ({ status }) => String(status.currentReplicas)),
    always("DESIRED", ({ status }) => String(status.desiredReplicas)),
    AGE,
    wide("LIMITED", ({ status }) => (status.scalingLimited ? "yes" : "no")),
    wide("REASON", ({ status }) => status.reason ?? ""),
    wide("LAST SCALE", ({ status }, now) =>
      status.lastScaleTime === undefined ? "never" : ageOf(status.lastScaleTime, now),
    ),
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  Container: [
    NAME,
    always("PHASE", (one) => stateOf(one, one.status.phase)),
    always("RESTARTS", ({ status }) => String(status.container?.restarts ?? 0)),
    always("ADDRESS", ({ status }) => status.address),
    always("NODE", ({ status }) => status.nodeName),
    AGE,
    wide("IMAGE", ({ spec }) => spec.image),
    wide("NETWORK", ({ spec }) => spec.network),
    wide("PORTS", ({ status }) => portsText(status.ports)),
    wide("REASON", ({ status }) => status.reason ?? ""),
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  Service: [
    NAME,
    always("DESIRED", ({ spec }) => String(spec.replicas)),
    always("CURRENT", ({ status }) => String(status.replicas)),
    always("READY", ({ status }) => String(status.readyReplicas)),
    always("UPDATED", ({ status }) => String(status.updatedReplicas)),
    always("ADDRESS", ({ status }) => status.address),
    always("PORTS", ({ spec }) => servicePortsText(spec)),
    always("AUTOSCALING", ({ spec }) => serviceScalingText(spec)),
    AGE,
    wide("IMAGE", ({ spec }) => spec.template.spec.image),
    wide("AFFINITY", ({ spec }) => spec.sessionAffinity),
    wide("REASON", ({ status }) => status.reason ?? ""),
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  Network: [
    NAME,
    always("SUBNET", ({ spec }) => spec.subnet ?? "<node's pool>"),
    always("OUTSIDE", ({ spec }) => (spec.outside ? "open" : "closed")),
    AGE,
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  Image: [
    NAME,
    always("REFERENCE", ({ spec }) => spec.reference),
    always("SIZE", ({ spec }) => formatBytes(spec.sizeBytes)),
    always("NODES", ({ status }) => String(status.nodes.length)),
    AGE,
    wide("DIGEST", ({ spec }) => spec.digest),
  ],
  Node: [
    NAME,
    always("STATUS", nodeStatusText),
    always("ADDRESS", ({ status }) => status.address),
    always("DRIVER", ({ status }) => status.driver),
    always("VERSION", ({ status }) => status.version),
    AGE,
    wide("RUNS", ({ status }) => String(status.used?.containers ?? 0)),
    wide("CPU", (node) => usedText(node, "cpuMilli", formatMilli)),
    wide("MEMORY", (node) => usedText(node, "memoryBytes", formatBytes)),
    wide("LABELS", ({ metadata }) => labelsText(metadata.labels ?? {})),
    wide("PORTS", ({ status }) => `${status.portRange.min}-${status.portRange.max}`),
    wide("ISOLATION", ({ status }) => status.isolation),
    wide("MESSAGE", ({ status }) => status.message ?? ""),
  ],
  Room: [
    NAME,
    always("FLEET", ({ spec }) => spec.fleet),
    always("SEATS", ({ spec, status }) => `${Object.keys(status.seats).length}/${spec.capacity}`),
    always("OPEN", ({ spec }) => (spec.open ? "yes" : "no")),
    always("GAMESERVER", ({ status }) => status.gameServer),
    always("ADDRESS", ({ status }) => status.address),
    always("PORT", ({ status }) => String(status.ports[0]?.port ?? "")),
    AGE,
    wide("RESERVED", ({ status }) => String(reservedOf(status.seats))),
    wide("ATTRIBUTES", ({ spec }) => labelsText(spec.attributes)),
    wide("NODE", ({ status }) => status.nodeName),
    wide("PORTS", ({ status }) => portsText(status.ports)),
  ],
  Event: [
    always("LAST SEEN", ({ lastTimestamp }, now) => ageOf(lastTimestamp, now)),
    always("TYPE", ({ type }) => type),
    always("REASON", ({ reason }) => reason),
    always("OBJECT", ({ involvedObject: one }) => `${one.kind.toLowerCase()}/${one.name}`),
    always("MESSAGE", ({ message }) => message),
    wide("FIRST SEEN", ({ firstTimestamp }, now) => ageOf(firstTimestamp, now)),
    wide("COUNT", ({ count }) => String(count)),
    wide("NAME", ({ metadata }) => metadata.name),
  ],
};
