import type { GameServer, Scheduling } from "../../core/model/game-server.ts";

/** How many servers of each node are Allocated: what Packed and Distributed order by. */
export interface NodeLoads {
  allocatedOn(node: string): number;
}

/**
 * The servers that one selector may hand out, kept by node so that a pick costs one look at each node, whatever the
 * number of servers. Within a node the one that has waited longest comes first.
 */
export class Candidates {
  readonly #nodes = new Map<string, Map<string, GameServer>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(server: GameServer): void {
    const { nodeName } = server.status;
    const bucket = this.#nodes.get(nodeName) ?? new Map<string, GameServer>();
    if (bucket.size === 0) this.#nodes.set(nodeName, bucket);
    const before = bucket.size;
    bucket.set(server.metadata.name, server);
    this.#size += bucket.size - before;
  }

  remove(server: GameServer): void {
    const { nodeName } = server.status;
    const bucket = this.#nodes.get(nodeName);
    if (!bucket?.delete(server.metadata.name)) return;
    this.#size--;
    if (bucket.size === 0) this.#nodes.delete(nodeName);
  }

  /**
   * The next one to hand out. Packed: on the node with most Allocated, then with most candidates; Distributed: on the
   * one with fewest Allocated. Ties go to the node's name.
   */
  pick(scheduling: Scheduling, loads: NodeLoads): GameServer | undefined {
    const sign = scheduling === "Packed" ? 1 : -1;
    let best: Map<string, GameServer> | undefined;
    let bestNode = "";
    let bestLoad = 0;
    for (const [node, bucket] of this.#nodes) {
      const load = sign * loads.allocatedOn(node);
      const isBetter =
        !best ||
        load > bestLoad ||
        (load === bestLoad &&
          (bucket.size > best.size || (bucket.size === best.size && node < bestNode)));
      if (isBetter) [best, bestNode, bestLoad] = [bucket, node, load];
    }
    return best?.values().next().value;
  }
}
