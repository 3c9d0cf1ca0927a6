import { type AggregatedCounter, SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { type RoomShare, type RoomSums, roomSharesOf } from "../decide/room-sums.ts";

/** Some give a counter the largest capacity there is: sums of such are exact, too, and so is what is left without them. */
interface Sum {
  servers: number;
  allocatedCount: bigint;
  allocatedCapacity: bigint;
  count: bigint;
  capacity: bigint;
}
type Sums = Readonly<Record<RoomShare["what"], Map<string, Sum>>>;

/** Counters and lists of each set's servers as sums that follow every change: a change costs one server's names. */
export class RoomTallies {
  readonly #sets = new Map<string, Sums>();

  constructor(store: ResourceStore) {
    store.onHead((before, after) => this.#follow(before, after));
    for (const server of store.list("GameServer")) this.#follow(undefined, server);
  }

  ofSet(namespace: string, set: string): RoomSums {
    const sums = this.#sets.get(`${namespace}/${set}`);
    return { counters: plain(sums?.counters), lists: plain(sums?.lists) };
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    if ((after ?? before)?.kind !== "GameServer") return;
    const was = before as GameServer | undefined;
    const is = after as GameServer | undefined;
    if (was && is && isSame(was, is)) return;
    this.#add(is, 1);
    this.#add(was, -1);
  }

  #add(server: GameServer | undefined, sign: 1 | -1): void {
    const key = setKeyOf(server);
    const shares = roomSharesOf(server);
    if (key === undefined || shares.length === 0) return;
    const sums = this.#sets.get(key) ?? { counters: new Map(), lists: new Map() };
    this.#sets.set(key, sums);
    for (const share of shares) add(sums[share.what], share, sign);
    if (sums.counters.size + sums.lists.size === 0) this.#sets.delete(key);
  }
}

function isSame(was: GameServer, is: GameServer): boolean {
  return (
    was.status.state === is.status.state &&
    was.status.counters === is.status.counters &&
    was.status.lists === is.status.lists &&
    was.metadata.deletionTimestamp === is.metadata.deletionTimestamp &&
    setKeyOf(was) === setKeyOf(is)
  );
}

function setKeyOf(server: GameServer | undefined): string | undefined {
  const set = server?.metadata.labels?.[SET_LABEL];
  return set === undefined ? undefined : `${server?.metadata.namespace}/${set}`;
}

function add(sums: Map<string, Sum>, share: RoomShare, sign: 1 | -1): void {
  const sum = sums.get(share.key) ?? {
    ...{ servers: 0, allocatedCount: 0n, allocatedCapacity: 0n, count: 0n, capacity: 0n },
  };
  sums.set(share.key, sum);
  const count = BigInt(sign * share.count);
  const capacity = BigInt(sign * share.capacity);
  sum.servers += sign;
  sum.count += count;
  sum.capacity += capacity;
  if (share.isAllocated) {
    sum.allocatedCount += count;
    sum.allocatedCapacity += capacity;
  }
  if (sum.servers === 0) sums.delete(share.key);
}

function plain(sums: ReadonlyMap<string, Sum> | undefined): RoomSums["counters"] {
  if (!sums) return {};
  const entries = [...sums].map(([key, sum]) => [key, aggregateOf(sum)] as const);
  return Object.fromEntries(entries);
}

function aggregateOf({ servers: _, ...sum }: Sum): AggregatedCounter {
  return {
    allocatedCount: shown(sum.allocatedCount),
    allocatedCapacity: shown(sum.allocatedCapacity),
    count: shown(sum.count),
    capacity: shown(sum.capacity),
  };
}

/** More than a number can say exactly is shown as the most that it can. */
function shown(sum: bigint): number {
  return sum > MOST ? Number.MAX_SAFE_INTEGER : Number(sum);
}
const MOST = BigInt(Number.MAX_SAFE_INTEGER);
