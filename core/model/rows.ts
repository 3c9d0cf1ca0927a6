import { parseRfc3339 } from "../std/clock.ts";
import type { Container } from "./container.ts";
import { FLEET_LABEL, type Fleet } from "./fleet.ts";
import { type GameServer, gameContainerOf } from "./game-server.ts";
import type { Network } from "./network.ts";
import { allocatableOf, type Node } from "./node.ts";
import { playersOf, playersOfFleet, roomsOf } from "./players.ts";
import type { Labels, Resource } from "./resource.ts";
import type { Room } from "./room.ts";
import { type Service, serviceOwnerOf } from "./service.ts";

/** Kinds that are shown as tables of rows. */
export const ROW_KINDS = [
  "GameServer",
  "Container",
  "Service",
  "Fleet",
  "Node",
  "Network",
  "Room",
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

interface RowBase {
  readonly uid: string;
  /** Absent for kinds that have none. */
  readonly namespace?: string;
  readonly name: string;
  /** One word; `Terminating` for what is on its way out. */
  readonly state: string;
  readonly reason?: string;
  readonly message?: string;
  readonly createdAtMs: number;
}
/** What was measured in the last second: thousandths of a core, bytes. */
interface Measured {
  readonly cpu?: number;
  readonly memory?: number;
}
interface RowPort {
  readonly name: string;
  readonly port: number;
}
export interface GameServerRow extends RowBase, Measured {
  readonly fleet?: string;
  readonly node?: string;
  readonly address?: string;
  readonly ports?: readonly RowPort[];
  readonly players?: number;
  readonly playersMax?: number;
  readonly rooms?: number;
  readonly health?: string;
  readonly image: string;
}
export interface ContainerRow extends RowBase, Measured {
  readonly service?: string;
  readonly node?: string;
  readonly address?: string;
  readonly ports?: readonly RowPort[];
  readonly restarts: number;
  readonly ready?: boolean;
  readonly image: string;
  readonly network: string;
}
export interface ServiceRow extends RowBase, Measured {
  readonly replicas: number;
  readonly ready: number;
  readonly updated: number;
  readonly desired: number;
  readonly address?: string;
  readonly ports?: readonly RowPort[];
  readonly image: string;
}
export interface FleetRow extends RowBase, Measured {
  readonly replicas: number;
  readonly ready: number;
  readonly allocated: number;
  readonly reserved: number;
  readonly desired: number;
  readonly players?: number;
  readonly playersMax?: number;
  readonly scheduling: string;
  readonly image: string;
}
export interface NodeRow extends RowBase, Measured {
  readonly address?: string;
  readonly containers: number;
  /** What containers may ask for: thousandths of cores, bytes; and what they asked for. */
  readonly cpuMax: number;
  readonly memoryMax: number;
  readonly cpuAsked: number;
  readonly memoryAsked: number;
  readonly unschedulable: boolean;
  readonly draining: boolean;
  readonly driver: string;
  readonly version: string;
}
export interface NetworkRow extends RowBase {
  readonly subnet?: string;
  readonly outside: boolean;
}
export interface RoomRow extends RowBase {
  readonly fleet: string;
  readonly server: string;
  readonly node?: string;
  /** Given to players, and how many there are. */
  readonly seats: number;
  readonly capacity: number;
  /** What players look for. */
  readonly attributes?: Labels;
  /** Since when nobody has a seat: it is closed a while later. */
  readonly emptySinceMs?: number;
}
export interface RowOf {
  readonly GameServer: GameServerRow;
  readonly Container: ContainerRow;
  readonly Service: ServiceRow;
  readonly Fleet: FleetRow;
  readonly Node: NodeRow;
  readonly Network: NetworkRow;
  readonly Room: RoomRow;
}
export type Row = RowOf[RowKind];
/** Any row's fields, for who filters rows of every kind. */
export type AnyRow = RowBase &
  Readonly<{ fleet?: string; node?: string; service?: string; server?: string }>;

/** A resource as one line of a table: what a page of thousands of them needs, and no more. */
export function rowOf(resource: Resource): Row | undefined {
  switch (resource.kind) {
    case "GameServer":
      return gameServerRow(resource);
    case "Container":
      return containerRow(resource);
    case "Service":
      return serviceRow(resource);
    case "Fleet":
      return fleetRow(resource);
    case "Node":
      return nodeRow(resource);
    case "Network":
      return networkRow(resource);
    case "Room":
      return roomRow(resource);
    default:
      return undefined;
  }
}

type Rowed = GameServer | Container | Service | Fleet | Node | Network | Room;
function baseOf({ metadata, status }: Rowed, state: string): RowBase {
  const { uid, namespace, name, creationTimestamp, deletionTimestamp } = metadata;
  const { reason, message } = status as { readonly reason?: string; readonly message?: string };
  return {
    uid,
    ...given("namespace", namespace),
    name,
    state: deletionTimestamp === undefined ? state : "Terminating",
    ...given("reason", reason),
    ...given("message", message),
    createdAtMs: parseRfc3339(creationTimestamp) ?? 0,
  };
}

/** Nothing for what is empty: rows are sent by the thousand. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  const isEmpty =
    value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return (isEmpty ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function gameServerRow(server: GameServer): GameServerRow {
  const { metadata, spec, status } = server;
  const { players, playersMax } = playersOf(server);
  return {
    ...baseOf(server, status.state),
    ...given("fleet", metadata.labels?.[FLEET_LABEL]),
    ...given("node", status.nodeName),
    ...given("address", status.address),
    ...given("ports", status.ports),
    ...given("players", players),
    ...given("playersMax", playersMax),
    ...given("rooms", roomsOf(server)),
    ...given("health", status.health),
    image: gameContainerOf(spec).image,
  };
}

function containerRow(container: Container): ContainerRow {
  const { metadata, spec, status } = container;
  return {
    ...baseOf(container, status.phase),
    ...given("service", serviceOwnerOf(metadata)?.name),
    ...given("node", status.nodeName),
    ...given("address", status.address),
    ...given("ports", status.ports),
    restarts: status.container?.restarts ?? 0,
    ...given("ready", status.ready),
    image: spec.image,
    network: spec.network,
  };
}

function serviceRow(service: Service): ServiceRow {
  const { spec, status } = service;
  const isWhole = status.readyReplicas >= spec.replicas && status.replicas === spec.replicas;
  return {
    ...baseOf(service, isWhole ? "Ready" : "Progressing"),
    replicas: status.replicas,
    ready: status.readyReplicas,
    updated: status.updatedReplicas,
    desired: spec.replicas,
    ...given("address", status.address),
    ...given("ports", status.ports),
    image: spec.template.spec.image,
  };
}

function fleetRow(fleet: Fleet): FleetRow {
  const { spec, status } = fleet;
  const { players, playersMax } = playersOfFleet(fleet);
  const up = status.readyReplicas + status.allocatedReplicas + status.reservedReplicas;
  const state = up >= spec.replicas ? "Ready" : "Progressing";
  return {
    ...baseOf(fleet, spec.paused ? "Paused" : state),
    replicas: status.replicas,
    ready: status.readyReplicas,
    allocated: status.allocatedReplicas,
    reserved: status.reservedReplicas,
    desired: spec.replicas,
    ...given("players", players),
    ...given("playersMax", playersMax),
    scheduling: spec.scheduling,
    image: gameContainerOf(spec.template.spec).image,
  };
}

function nodeRow(node: Node): NodeRow {
  const { spec, status } = node;
  const { cpuMilli, memoryBytes } = allocatableOf(node);
  const state = status.ready ? "Ready" : status.lost ? "Lost" : "NotReady";
  return {
    ...baseOf(node, state),
    ...given("address", status.address),
    containers: status.used?.containers ?? 0,
    cpuMax: cpuMilli,
    memoryMax: memoryBytes,
    cpuAsked: status.used?.cpuMilli ?? 0,
    memoryAsked: status.used?.memoryBytes ?? 0,
    unschedulable: spec.unschedulable,
    draining: spec.drain !== undefined,
    driver: status.driver,
    version: status.version,
  };
}

function networkRow(network: Network): NetworkRow {
  const { subnet, outside } = network.spec;
  return { ...baseOf(network, "Ready"), ...given("subnet", subnet), outside };
}

function roomRow(room: Room): RoomRow {
  const { spec, status } = room;
  const seats = Object.keys(status.seats).length;
  const attributes = Object.keys(spec.attributes).length > 0 ? spec.attributes : undefined;
  const emptySince = status.emptySince ? parseRfc3339(status.emptySince) : undefined;
  return {
    ...baseOf(room, spec.open ? "Open" : "Closed"),
    fleet: spec.fleet,
    server: status.gameServer,
    ...given("node", status.nodeName),
    seats,
    capacity: spec.capacity,
    ...given("attributes", attributes),
    ...given("emptySinceMs", emptySince),
  };
}
