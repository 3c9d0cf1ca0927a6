import type { Container } from "../../core/model/container.ts";
import {
  FLEET_LABEL,
  type FleetRevision,
  type GameServerSet,
  SET_LABEL,
} from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import { serviceOwnerOf } from "../../core/model/service.ts";
import type { Index, ResourceStore } from "../../store/resource-store.ts";
import { isDraining } from "../decide/overflow.ts";
import type { OwnPorts } from "../decide/placement.ts";
import { type Tally, tallyOf } from "../decide/tally.ts";
import { NodeTallies } from "./node-tallies.ts";
import { RoomTallies } from "./room-tallies.ts";
import { UncountedRooms } from "./uncounted-rooms.ts";

/** One being deleted counts as Shutdown whatever its state says. */
export function stateSeen({ status, metadata }: GameServer): GameServerState {
  return metadata.deletionTimestamp ? "Shutdown" : status.state;
}

/** The questions that controllers ask, each answered from an index: no answer costs more for a larger fleet. */
export class World {
  /** What is on each node. */
  readonly nodes: NodeTallies;
  /** Sums of Counters and Lists. */
  readonly rooms: RoomTallies;
  readonly uncountedRooms: UncountedRooms;
  readonly #servers: Index<"GameServer">;
  readonly #sets: Index<"GameServerSet">;
  readonly #revisions: Index<"FleetRevision">;
  readonly #draining: Index<"GameServer">;
  readonly #autoscalers: Index<"FleetAutoscaler">;
  readonly #serversOn: Index<"GameServer">;
  readonly #containersOn: Index<"Container">;
  readonly #replicas: Index<"Container">;
  readonly #playing: Index<"GameServer">;

  constructor(store: ResourceStore, ownPorts: OwnPorts) {
    this.rooms = new RoomTallies(store);
    this.uncountedRooms = new UncountedRooms(store);
    this.nodes = new NodeTallies(store, ownPorts);
    this.#servers = store.index("GameServer", (server) => {
      const set = server.metadata.labels?.[SET_LABEL];
      return set ? setKey(server.metadata.namespace, set, stateSeen(server)) : undefined;
    });
    this.#sets = store.index("GameServerSet", ({ metadata }) => {
      const fleet = metadata.labels?.[FLEET_LABEL];
      return fleet ? `${metadata.namespace}/${fleet}` : undefined;
    });
    this.#revisions = store.index("FleetRevision", ({ metadata }) => {
      const fleet = metadata.labels?.[FLEET_LABEL];
      return fleet ? `${metadata.namespace}/${fleet}` : undefined;
    });
    this.#draining = store.index("GameServer", (server) => {
      const { namespace, labels } = server.metadata;
      return isDraining(server) ? `${namespace}/${labels?.[SET_LABEL]}` : undefined;
    });
    this.#autoscalers = store.index(
      "FleetAutoscaler",
      ({ metadata, spec }) => `${metadata.namespace}/${spec.fleetName}`,
    );
    this.#serversOn = store.index("GameServer", ({ status }) => status.nodeName);
    this.#containersOn = store.index("Container", ({ status }) => status.nodeName);
    this.#replicas = store.index("Container", serviceKeyOf);
    this.#playing = store.index("GameServer", ({ status }) =>
      status.state === "Ready" || status.state === "Allocated" ? status.nodeName : undefined,
    );
  }

  tallyOfSet(namespace: string, set: string): Tally {
    return tallyOf((state) => this.#servers.get(setKey(namespace, set, state)).size);
  }
  serversOfSet(namespace: string, set: string, states: readonly GameServerState[]): GameServer[] {
    return states.flatMap((state) => [...this.#servers.get(setKey(namespace, set, state))]);
  }
  setsOfFleet(namespace: string, fleet: string): readonly GameServerSet[] {
    return [...this.#sets.get(`${namespace}/${fleet}`)];
  }
  revisionsOfFleet(namespace: string, fleet: string): readonly FleetRevision[] {
    return [...this.#revisions.get(`${namespace}/${fleet}`)];
  }
  /** Servers of a set that have been told to end. */
  drainingOfSet(namespace: string, set: string): readonly GameServer[] {
    return [...this.#draining.get(`${namespace}/${set}`)];
  }
  autoscalersOf(namespace: string, fleet: string): readonly FleetAutoscaler[] {
    return [...this.#autoscalers.get(`${namespace}/${fleet}`)];
  }
  /** Replicas of a service of that name, also of one that was there before. */
  replicasOf(namespace: string, service: string): readonly Container[] {
    return [...this.#replicas.get(`${namespace}/${service}`)];
  }
  serversOn(node: string): readonly GameServer[] {
    return [...this.#serversOn.get(node)];
  }
  containersOn(node: string): readonly Container[] {
    return [...this.#containersOn.get(node)];
  }
  /** Ready and Allocated servers of a node: what Packed frees last. */
  playingOn(node: string): number {
    return this.#playing.get(node).size;
  }
  /** What waits for a node (development servers, which need none, among them). */
  unplaced(): readonly (GameServer | Container)[] {
    return [...this.#serversOn.get(""), ...this.#containersOn.get("")];
  }
}

/** `namespace/name` of the service that made a Container; undefined when none did. */
export function serviceKeyOf({ metadata }: Container): string | undefined {
  const owner = serviceOwnerOf(metadata);
  return owner && `${metadata.namespace}/${owner.name}`;
}

function setKey(namespace: string, set: string, state: GameServerState): string {
  return `${namespace}/${set}/${state}`;
}
