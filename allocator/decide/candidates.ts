import type { GameServer, Scheduling } from "../../core/model/game-server.ts";

/** How many servers of a node are Allocated: what Packed and Distributed order by. It changes while it is held. */
export interface NodeLoad {
  readonly allocated: number;
}
export interface NodeLoads {
  /** The same object for the same node, always. */
  loadOf(node: string): NodeLoad;
}

interface Bucket {
  readonly node: string;
  readonly load: NodeLoad;
  readonly servers: Map<string, GameServer>;
}

/**
 * The servers that one selector may hand out, kept by node so that a pick costs one look at each node, whatever the
 * number of servers. Within a node the one that has waited longest comes first.
 */
export class Candidates {
  readonly #loads: NodeLoads;
  readonly #buckets = new Map<string, Bucket>();
  #size = 0;

  constructor(loads: NodeLoads) {
    this.#loads = loads;
  }

  get size(): number {
    return this.#size;
  }

  add(server: GameServer): void {
    const { servers } = this.#bucketOf(server.status.nodeName);
    const before = servers.size;
    servers.set(server.metadata.name, server);
    this.#size += servers.size - before;
  }

  remove(server: GameServer): void {
    const { nodeName } = server.status;
    const servers = this.#buckets.get(nodeName)?.servers;
    if (!servers?.delete(server.metadata.name)) return;
    this.#size--;
    if (servers.size === 0) this.#buckets.delete(nodeName);
  }

  /**
   * The next one to hand out. Packed: on the node with most Allocated, then with most candidates; Distributed: on the
   * one with fewest Allocated. Ties go to the node's name.
   */
  pick(scheduling: Scheduling): GameServer | undefined {
    const sign = scheduling === "Packed" ? 1 : -1;
    let best: Bucket | undefined;
    for (const bucket of this.#buckets.values())
      if (!best || isBefore(bucket, best, sign)) best = bucket;
    return best?.servers.values().next().value;
  }

  #bucketOf(node: string): Bucket {
    const found = this.#buckets.get(node);
    if (found) return found;
    const made: Bucket = { node, load: this.#loads.loadOf(node), servers: new Map() };
    this.#buckets.set(node, made);
    return made;
  }
}

function isBefore(a: Bucket, b: Bucket, sign: 1 | -1): boolean {
  const more = sign * (a.load.allocated - b.load.allocated);
  if (more !== 0) return more > 0;
  const { size } = a.servers;
  return size === b.servers.size ? a.node < b.node : size > b.servers.size;
}
