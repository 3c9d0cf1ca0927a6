import { SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { type RoomShare, type RoomSums, roomSharesOf } from "../decide/room-sums.ts";

interface Sum {
  servers: number;
  allocatedCount: number;
  allocatedCapacity: number;
  count: number;
  capacity: number;
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
    const key = setKeyOf(is ?? was);
    if (key === undefined) return;
    const shares = [roomSharesOf(was), roomSharesOf(is)] as const;
    if (shares[0].length + shares[1].length === 0) return;
    const sums = this.#sets.get(key) ?? { counters: new Map(), lists: new Map() };
    this.#sets.set(key, sums);
    for (const share of shares[1]) add(sums[share.what], share, 1);
    for (const share of shares[0]) add(sums[share.what], share, -1);
    if (sums.counters.size + sums.lists.size === 0) this.#sets.delete(key);
  }
}

function isSame(was: GameServer, is: GameServer): boolean {
  return (
    was.status.state === is.status.state &&
    was.status.counters === is.status.counters &&
    was.status.lists === is.status.lists &&
    was.metadata.deletionTimestamp === is.metadata.deletionTimestamp
  );
}

function setKeyOf(server: GameServer | undefined): string | undefined {
  const set = server?.metadata.labels?.[SET_LABEL];
  return set === undefined ? undefined : `${server?.metadata.namespace}/${set}`;
}

function add(sums: Map<string, Sum>, share: RoomShare, sign: 1 | -1): void {
  const sum = sums.get(share.key) ?? {
    ...{ servers: 0, allocatedCount: 0, allocatedCapacity: 0, count: 0, capacity: 0 },
  };
  sums.set(share.key, sum);
  sum.servers += sign;
  sum.count += sign * share.count;
  sum.capacity += sign * share.capacity;
  if (share.isAllocated) {
    sum.allocatedCount += sign * share.count;
    sum.allocatedCapacity += sign * share.capacity;
  }
  if (sum.servers === 0) sums.delete(share.key);
}

function plain(sums: ReadonlyMap<string, Sum> | undefined): RoomSums["counters"] {
  if (!sums) return {};
  const entries = [...sums].map(([key, { servers: _, ...sum }]) => [key, sum] as const);
  return Object.fromEntries(entries);
}
