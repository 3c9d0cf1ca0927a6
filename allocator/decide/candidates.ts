import type { Priority } from "../../core/model/fleet.ts";
import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import { byPriorities } from "../../core/model/priorities.ts";
import type { Fits } from "./fit.ts";
import { FirstCome, type IsBefore, Ranked, type Shelf } from "./ranked-servers.ts";

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
  readonly servers: Shelf;
}

/**
 * The servers that one selector may hand out, kept by node so that a pick costs one look at each node, whatever the
 * number of servers. Within a node they come by priorities and then by name; without priorities the one that has waited
 * longest comes first.
 */
export class Candidates {
  readonly #loads: NodeLoads;
  readonly #isBefore: IsBefore | undefined;
  readonly #buckets = new Map<string, Bucket>();
  #size = 0;

  constructor(loads: NodeLoads, priorities: readonly Priority[] = []) {
    this.#loads = loads;
    this.#isBefore = priorities.length > 0 ? orderOf(priorities) : undefined;
  }

  get size(): number {
    return this.#size;
  }

  add(server: GameServer): void {
    const { servers } = this.#bucketOf(server.status.nodeName);
    const before = servers.size;
    servers.add(server);
    this.#size += servers.size - before;
  }

  remove(server: GameServer): void {
    const { nodeName } = server.status;
    const servers = this.#buckets.get(nodeName)?.servers;
    if (!servers?.remove(server.metadata.name)) return;
    this.#size--;
    if (servers.size === 0) this.#buckets.delete(nodeName);
  }

  /**
   * The next one to hand out. Packed: on the node with most Allocated, then with most candidates; Distributed: by the
   * priorities alone, or without them on the node with fewest Allocated. Ties go to the node's name. With `fits` only
   * servers that fit count; that costs a look at every candidate.
   */
  pick(scheduling: Scheduling, fits?: Fits): GameServer | undefined {
    let best: { bucket: Bucket; server: GameServer } | undefined;
    for (const bucket of this.#buckets.values()) {
      const server = fits ? this.#firstThat(bucket, fits) : bucket.servers.first;
      if (!server) continue;
      const next = { bucket, server };
      if (!best || this.#comesBefore(next, best, scheduling)) best = next;
    }
    return best?.server;
  }

  #comesBefore(
    a: { bucket: Bucket; server: GameServer },
    b: { bucket: Bucket; server: GameServer },
    scheduling: Scheduling,
  ): boolean {
    if (scheduling === "Packed") return isFuller(a.bucket, b.bucket, 1);
    return this.#isBefore ? this.#isBefore(a.server, b.server) : isFuller(a.bucket, b.bucket, -1);
  }

  #firstThat({ servers }: Bucket, fits: Fits): GameServer | undefined {
    let first: GameServer | undefined;
    for (const server of servers.all()) {
      if (!fits(server)) continue;
      if (!this.#isBefore) return server;
      if (!first || this.#isBefore(server, first)) first = server;
    }
    return first;
  }

  #bucketOf(node: string): Bucket {
    const found = this.#buckets.get(node);
    if (found) return found;
    const servers = this.#isBefore ? new Ranked(this.#isBefore) : new FirstCome();
    const made: Bucket = { node, load: this.#loads.loadOf(node), servers };
    this.#buckets.set(node, made);
    return made;
  }
}

function orderOf(priorities: readonly Priority[]): IsBefore {
  return (a, b) => {
    const order = byPriorities(priorities, a, b);
    return order === 0 ? a.metadata.name < b.metadata.name : order < 0;
  };
}

function isFuller(a: Bucket, b: Bucket, sign: 1 | -1): boolean {
  const more = sign * (a.load.allocated - b.load.allocated);
  if (more !== 0) return more > 0;
  const { size } = a.servers;
  return size === b.servers.size ? a.node < b.node : size > b.servers.size;
}
