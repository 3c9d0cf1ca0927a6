import { SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import { ROOMS_COUNTER, type Room } from "../../core/model/room.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { roomSharesOf } from "../decide/room-sums.ts";

interface Server {
  /** Namespace and set; undefined when it counts for none. */
  readonly set: string | undefined;
  readonly counted: number;
}
const UNKNOWN: Server = { set: undefined, counted: 0 };

/**
 * Rooms that take a server's place and are not in its Counter: a game counts those that it runs, and knows neither of one
 * whose first player is on the way, nor of one that stays for a while after its last. Sums of each set; a change costs one server.
 */
export class UncountedRooms {
  /** By the server's uid. */
  readonly #rooms = new Map<string, number>();
  readonly #servers = new Map<string, Server>();
  readonly #sets = new Map<string, number>();

  constructor(store: ResourceStore) {
    store.onHead((before, after) => this.#follow(before, after));
    for (const kind of ["GameServer", "Room"] as const)
      for (const one of store.list(kind)) this.#follow(undefined, one);
  }

  ofSet(namespace: string, set: string): number {
    return this.#sets.get(`${namespace}/${set}`) ?? 0;
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const { kind, metadata } = (after ?? before) as Resource;
    if (kind === "GameServer")
      this.#change(metadata.uid, () => this.#note(metadata.uid, after as GameServer | undefined));
    if (kind !== "Room") return;
    const [was, is] = [serverOf(before), serverOf(after)];
    if (was === is) return;
    if (was !== undefined) this.#change(was, () => this.#add(was, -1));
    if (is !== undefined) this.#change(is, () => this.#add(is, 1));
  }

  /** What a server adds to its set is taken out, and put in again as it is afterwards. */
  #change(uid: string, change: () => void): void {
    this.#addUp(uid, -1);
    change();
    this.#addUp(uid, 1);
  }

  #addUp(uid: string, sign: 1 | -1): void {
    const { set, counted } = this.#servers.get(uid) ?? UNKNOWN;
    const uncounted = Math.max(0, (this.#rooms.get(uid) ?? 0) - counted);
    if (set === undefined || uncounted === 0) return;
    const sum = (this.#sets.get(set) ?? 0) + sign * uncounted;
    if (sum === 0) this.#sets.delete(set);
    else this.#sets.set(set, sum);
  }

  #note(uid: string, server: GameServer | undefined): void {
    const share = roomSharesOf(server).find(
      ({ what, key }) => what === "counters" && key === ROOMS_COUNTER,
    );
    const set = server?.metadata.labels?.[SET_LABEL];
    if (!share || set === undefined) this.#servers.delete(uid);
    else
      this.#servers.set(uid, {
        set: `${server?.metadata.namespace}/${set}`,
        counted: share.count,
      });
  }

  #add(uid: string, sign: 1 | -1): void {
    const rooms = (this.#rooms.get(uid) ?? 0) + sign;
    if (rooms === 0) this.#rooms.delete(uid);
    else this.#rooms.set(uid, rooms);
  }
}

function serverOf(room: Resource | undefined): string | undefined {
  return (room as Room | undefined)?.status.gameServerUid;
}
