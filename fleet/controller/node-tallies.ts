import type { Container } from "../../core/model/container.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Node, NodeCapacity } from "../../core/model/node.ts";
import { requestsOf } from "../../core/model/requests.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Service } from "../../core/model/service.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import type { NodeSeen, OwnPorts } from "../decide/placement.ts";

type Placed = GameServer | Container;

/** What is on each node, as sums that follow every change: placing never counts anything again. */
export class NodeTallies {
  readonly #tallies = new Map<string, Tally>();
  #joined: readonly NodeSeen[] | undefined;
  /** Host ports of services, which nobody else may have on any node; by `namespace/name`. */
  readonly #services = new Map<string, readonly number[]>();

  /** Nobody gets these on any node: which one the control plane runs on is not known, and may change. */
  readonly ownPorts: OwnPorts;

  constructor(store: ResourceStore, ownPorts: OwnPorts) {
    this.ownPorts = ownPorts;
    store.onHead((before, after) => this.#follow(before, after));
    for (const kind of ["Node", "GameServer", "Container", "Service"] as const)
      for (const resource of store.list(kind)) this.#follow(undefined, resource);
  }

  /** Every node that has joined. */
  nodes(): readonly NodeSeen[] {
    this.#joined ??= [...this.#tallies.values()].filter(hasJoined);
    return this.#joined;
  }

  get(node: string): NodeSeen | undefined {
    const tally = this.#tallies.get(node);
    return tally && hasJoined(tally) ? tally : undefined;
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const one = after ?? before;
    if (one?.kind === "Service") this.#followService(one, after as Service | undefined);
    if (one?.kind === "Node") this.#followNode(one.metadata.name, after as Node | undefined);
    if (one?.kind !== "GameServer" && one?.kind !== "Container") return;
    const was = before as Placed | undefined;
    const is = after as Placed | undefined;
    if (was && is && isSame(was, is)) return;
    if (was && was.status.nodeName !== "") this.#of(was.status.nodeName).leave(was);
    if (is && is.status.nodeName !== "") this.#of(is.status.nodeName).enter(is);
    if (was && was.status.nodeName !== "") this.#dropEmpty(was.status.nodeName);
  }

  /** Who has a host port anywhere, in words; undefined when nobody has. */
  portHolder(port: number): string | undefined {
    for (const [service, ports] of this.#services)
      if (ports.includes(port)) return `by service ${service}`;
    for (const [node, tally] of this.#tallies) if (tally.isPortUsed(port)) return `on node ${node}`;
    return undefined;
  }

  #followNode(name: string, node: Node | undefined): void {
    const tally = this.#of(name);
    if (!node || !tally.node) this.#joined = undefined;
    tally.know(node);
    this.#dropEmpty(name);
  }

  #followService({ metadata }: Service, after: Service | undefined): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const was = this.#services.get(key) ?? NONE;
    const is = after ? portsOf(after) : NONE;
    if (was === is) return;
    for (const tally of this.#tallies.values()) {
      tally.hold(is);
      tally.free(was);
    }
    if (is.length > 0) this.#services.set(key, is);
    else this.#services.delete(key);
  }

  #of(name: string): Tally {
    const known = this.#tallies.get(name);
    if (known) return known;
    const tally = new Tally(this.ownPorts);
    for (const ports of this.#services.values()) tally.hold(ports);
    this.#tallies.set(name, tally);
    return tally;
  }

  #dropEmpty(name: string): void {
    const tally = this.#tallies.get(name);
    if (tally && !tally.node && tally.load === 0) this.#tallies.delete(name);
  }
}

class Tally {
  node: Node | undefined;
  load = 0;
  used: NodeCapacity = { cpuMilli: 0, memoryBytes: 0 };
  /** How many hold each host port: TCP and UDP of one number may be two. */
  readonly #ports = new Map<number, number>();
  #inRange = 0;
  readonly ownPorts: OwnPorts;

  constructor(ownPorts: OwnPorts) {
    this.ownPorts = ownPorts;
    this.hold([...ownPorts.keys()]);
  }

  get portsFree(): number {
    const { min = 0, max = -1 } = this.node?.status.portRange ?? {};
    return max - min + 1 - this.#inRange;
  }
  isPortUsed(port: number): boolean {
    return this.#ports.has(port);
  }

  know(node: Node | undefined): void {
    const was = this.node?.status.portRange;
    this.node = node;
    const is = node?.status.portRange;
    if (was?.min === is?.min && was?.max === is?.max) return;
    this.#inRange = [...this.#ports.keys()].filter((port) => this.#isInRange(port)).length;
  }

  enter(placed: Placed): void {
    this.#add(placed, 1);
    this.hold(portsOf(placed));
  }

  leave(placed: Placed): void {
    this.#add(placed, -1);
    this.free(portsOf(placed));
  }

  hold(ports: readonly number[]): void {
    for (const port of ports) {
      const holders = this.#ports.get(port) ?? 0;
      this.#ports.set(port, holders + 1);
      if (holders === 0 && this.#isInRange(port)) this.#inRange += 1;
    }
  }

  free(ports: readonly number[]): void {
    for (const port of ports) {
      const holders = this.#ports.get(port) ?? 0;
      if (holders > 1) this.#ports.set(port, holders - 1);
      else if (this.#ports.delete(port) && this.#isInRange(port)) this.#inRange -= 1;
    }
  }

  #add(placed: Placed, sign: 1 | -1): void {
    this.load += sign;
    if (!isUsing(placed)) return;
    const { cpuMilli, memoryBytes } = requestsOf(placed);
    this.used = {
      cpuMilli: this.used.cpuMilli + sign * cpuMilli,
      memoryBytes: this.used.memoryBytes + sign * memoryBytes,
    };
  }

  #isInRange(port: number): boolean {
    const { min = 0, max = -1 } = this.node?.status.portRange ?? {};
    return min <= port && port <= max;
  }
}

function hasJoined(tally: Tally): tally is Tally & NodeSeen {
  return tally.node !== undefined;
}

/** A change that moves no sum: nearly all of them, on the way of an allocation too. */
function isSame(was: Placed, is: Placed): boolean {
  return (
    was.spec === is.spec &&
    was.status.nodeName === is.status.nodeName &&
    was.status.ports === is.status.ports &&
    isUsing(was) === isUsing(is)
  );
}

/** A Container that has ended for good, or was stopped, keeps its place and its ports, but takes nothing. */
function isUsing(placed: Placed): boolean {
  if (placed.kind === "GameServer") return true;
  const { phase } = placed.status;
  return phase !== "Exited" && phase !== "Failed" && (placed.spec.running || phase !== "Stopped");
}

const PORTS = new WeakMap<object, readonly number[]>();
const NONE: readonly number[] = [];

/** Host ports that a resource holds on its node, each once. */
function portsOf({ status }: Placed | Service): readonly number[] {
  if (status.ports.length === 0) return NONE;
  const known = PORTS.get(status.ports) ?? [...new Set(status.ports.map(({ port }) => port))];
  PORTS.set(status.ports, known);
  return known;
}
