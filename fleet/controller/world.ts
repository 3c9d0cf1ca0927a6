import type { Container } from "../../core/model/container.ts";
import { FLEET_LABEL, type GameServerSet, SET_LABEL } from "../../core/model/fleet.ts";
import type { FleetAutoscaler } from "../../core/model/fleet-autoscaler.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Index, ResourceStore } from "../../store/resource-store.ts";
import { type Tally, tallyOf } from "../decide/tally.ts";

/** One being deleted counts as Shutdown whatever its state says. */
export function stateSeen({ status, metadata }: GameServer): GameServerState {
  return metadata.deletionTimestamp ? "Shutdown" : status.state;
}

/** The questions that controllers ask, each answered from an index: no answer costs more for a larger fleet. */
export class World {
  readonly #servers: Index<"GameServer">;
  readonly #sets: Index<"GameServerSet">;
  readonly #autoscalers: Index<"FleetAutoscaler">;
  readonly #serversOn: Index<"GameServer">;
  readonly #containersOn: Index<"Container">;
  readonly #playing: Index<"GameServer">;
  readonly #ports = new Map<string, Set<number>>();

  constructor(store: ResourceStore) {
    this.#servers = store.index("GameServer", (server) => {
      const set = server.metadata.labels?.[SET_LABEL];
      return set ? setKey(server.metadata.namespace, set, stateSeen(server)) : undefined;
    });
    this.#sets = store.index("GameServerSet", ({ metadata }) => {
      const fleet = metadata.labels?.[FLEET_LABEL];
      return fleet ? `${metadata.namespace}/${fleet}` : undefined;
    });
    this.#autoscalers = store.index(
      "FleetAutoscaler",
      ({ metadata, spec }) => `${metadata.namespace}/${spec.fleetName}`,
    );
    this.#serversOn = store.index("GameServer", ({ status }) => status.nodeName);
    this.#containersOn = store.index("Container", ({ status }) => status.nodeName);
    this.#playing = store.index("GameServer", ({ status }) =>
      status.state === "Ready" || status.state === "Allocated" ? status.nodeName : undefined,
    );
    store.onHead((before, after) => this.#follow(before, after));
    for (const server of store.list("GameServer")) this.#follow(undefined, server);
    for (const container of store.list("Container")) this.#follow(undefined, container);
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
  autoscalersOf(namespace: string, fleet: string): readonly FleetAutoscaler[] {
    return [...this.#autoscalers.get(`${namespace}/${fleet}`)];
  }
  loadOfNode(node: string): number {
    return this.#serversOn.get(node).size + this.#containersOn.get(node).size;
  }
  /** Ready and Allocated servers of a node: what Packed frees last. */
  playingOn(node: string): number {
    return this.#playing.get(node).size;
  }
  /** What waits for a node (development servers, which need none, among them). */
  unplaced(): readonly (GameServer | Container)[] {
    return [...this.#serversOn.get(""), ...this.#containersOn.get("")];
  }
  isPortUsed(node: string, port: number): boolean {
    return this.#ports.get(node)?.has(port) ?? false;
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const was = portsOf(before);
    const is = portsOf(after);
    if (was.ports === is.ports && was.node === is.node) return;
    for (const port of was.ports) this.#ports.get(was.node)?.delete(port);
    if (is.ports.length === 0) return;
    const used = this.#ports.get(is.node) ?? new Set();
    this.#ports.set(is.node, used);
    for (const port of is.ports) used.add(port);
  }
}

function setKey(namespace: string, set: string, state: GameServerState): string {
  return `${namespace}/${set}/${state}`;
}

const NO_PORTS: readonly number[] = [];
const HELD = new WeakMap<object, readonly number[]>();

/** Host ports that a resource holds on its node; the same array for the same list of ports. */
function portsOf(resource: Resource | undefined): { node: string; ports: readonly number[] } {
  if (resource?.kind !== "GameServer" && resource?.kind !== "Container")
    return { node: "", ports: NO_PORTS };
  const { nodeName, ports } = resource.status;
  if (nodeName === "" || ports.length === 0) return { node: nodeName, ports: NO_PORTS };
  const known = HELD.get(ports) ?? [...new Set(ports.map(({ port }) => port))];
  HELD.set(ports, known);
  return { node: nodeName, ports: known };
}
