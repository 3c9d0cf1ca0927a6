import { FLEET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Resource } from "../../core/model/resource.ts";
import type { Room, Seats } from "../../core/model/room.ts";
import { Ranking } from "../../core/std/ranking.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { roomLeftOn, takesPlayers } from "../decide/room-hosts.ts";
import { likenessOf, type RoomWish } from "../decide/room-make.ts";
import { freeSeats } from "../decide/room-seats.ts";

interface FoundRoom {
  readonly name: string;
  readonly free: number;
  readonly madeAt: string;
}
interface OpenServer {
  readonly name: string;
  readonly left: number;
}

const NONE: ReadonlySet<string> = new Set();
const NO_SEATS: Seats = {};

/** The fullest first, then the oldest. */
function isRoomBefore(a: FoundRoom, b: FoundRoom): boolean {
  if (a.free !== b.free) return a.free < b.free;
  return a.madeAt === b.madeAt ? a.name < b.name : a.madeAt < b.madeAt;
}
/** The fullest first, then by name. */
function isServerBefore(a: OpenServer, b: OpenServer): boolean {
  return a.left === b.left ? a.name < b.name : a.left < b.left;
}

/**
 * Which room has a free seat, and in which a player has one, which open server takes another room, and which rooms are on
 * a server: in step with the
 * head of the store, so that a request looks through none of them.
 */
export class RoomBook implements Disposable {
  readonly #store: ResourceStore;
  readonly #onMore: () => void;
  readonly #following: Disposable;
  /** Rooms that may be found, by what makes them alike. */
  readonly #found = new Map<string, Ranking<FoundRoom>>();
  /** Open servers with room left, by fleet. */
  readonly #open = new Map<string, Ranking<OpenServer>>();
  /** Names of rooms, by server. */
  readonly #rooms = new Map<string, Set<string>>();
  /** Names of the rooms in which somebody has a seat, by player. */
  readonly #seated = new Map<string, Set<string>>();

  /** `onMore` is told, in the middle of a change, that there may be a seat or a server for who waits. */
  constructor(store: ResourceStore, onMore: () => void) {
    this.#store = store;
    this.#onMore = onMore;
    for (const room of store.list("Room")) this.#followRoom(undefined, room);
    for (const server of store.list("GameServer")) this.#followServer(undefined, server);
    this.#following = store.onHead((before, after) => this.#follow(before, after));
  }

  /** The best room with a free seat for who wishes one like it. */
  roomFor(wish: RoomWish): Room | undefined {
    const { namespace, ...spec } = wish;
    const name = this.#found.get(likenessOf(namespace, spec))?.first?.name;
    return name === undefined ? undefined : this.#store.get("Room", namespace, name);
  }

  /** The room in which a player has a seat, of those with the same fleet and attributes, full or not. */
  roomOf(player: string, wish: RoomWish): Room | undefined {
    const { namespace, ...spec } = wish;
    const likeness = likenessOf(namespace, spec);
    for (const name of this.#seated.get(`${namespace}/${player}`) ?? NONE) {
      const room = this.#store.get("Room", namespace, name);
      const same = room && likenessOf(namespace, { ...room.spec, capacity: spec.capacity });
      if (same === likeness) return room;
    }
    return undefined;
  }

  /** The open server of a fleet that takes another room. */
  serverFor(namespace: string, fleet: string): GameServer | undefined {
    const name = this.#open.get(`${namespace}/${fleet}`)?.first?.name;
    return name === undefined ? undefined : this.#store.get("GameServer", namespace, name);
  }

  /** Names of the rooms on a server, also of those that are to be closed. */
  roomsOn(namespace: string, server: string): ReadonlySet<string> {
    return this.#rooms.get(`${namespace}/${server}`) ?? NONE;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    const kind = (after ?? before)?.kind;
    if (kind === "Room") this.#followRoom(before as Room | undefined, after as Room | undefined);
    if (kind === "GameServer")
      this.#followServer(before as GameServer | undefined, after as GameServer | undefined);
  }

  #followRoom(before: Room | undefined, after: Room | undefined): void {
    const room = after ?? before;
    if (!room) return;
    const { namespace, name } = room.metadata;
    const key = `${namespace}/${room.status.gameServer}`;
    if (after) addTo(this.#rooms, key, name);
    else takeFrom(this.#rooms, key, name);
    this.#followSeats(room, before?.status.seats ?? NO_SEATS, after?.status.seats ?? NO_SEATS);
    this.#rankRoom(room, after !== undefined);
    if (before && after && freeSeats(after) > freeSeats(before)) this.#onMore();
  }

  /** Of a player who has left one seat and got another in one change, the room stays. */
  #followSeats({ metadata: { namespace, name } }: Room, before: Seats, after: Seats): void {
    if (before === after) return;
    for (const [id, { player }] of Object.entries(before))
      if (!Object.hasOwn(after, id)) takeFrom(this.#seated, `${namespace}/${player}`, name);
    for (const [id, { player }] of Object.entries(after))
      if (!Object.hasOwn(before, id)) addTo(this.#seated, `${namespace}/${player}`, name);
  }

  #rankRoom(room: Room, isThere: boolean): void {
    const { metadata, spec, status } = room;
    const { namespace, name, creationTimestamp: madeAt } = metadata;
    const server = this.#store.get("GameServer", namespace, status.gameServer);
    const free = freeSeats(room);
    const isFound =
      isThere &&
      spec.open &&
      free > 0 &&
      server?.metadata.uid === status.gameServerUid &&
      takesPlayers(server);
    const key = likenessOf(namespace, spec);
    if (!isFound) return void drop(this.#found, key, name);
    const ranking = memberOf(this.#found, key, () => new Ranking<FoundRoom>(isRoomBefore));
    const known = ranking.get(name);
    if (known?.free === free) return;
    ranking.put(name, { name, free, madeAt });
    if (!known) this.#onMore();
  }

  #followServer(before: GameServer | undefined, after: GameServer | undefined): void {
    const server = after ?? before;
    if (!server) return;
    if (after?.status.state === "Ready" && before?.status.state !== "Ready") this.#onMore();
    if (before?.status.rooms === undefined && after?.status.rooms === undefined) return;
    const { namespace, name, labels } = server.metadata;
    const fleet = labels?.[FLEET_LABEL];
    const fleetBefore = before?.metadata.labels?.[FLEET_LABEL];
    if (fleetBefore !== undefined && fleetBefore !== fleet)
      drop(this.#open, `${namespace}/${fleetBefore}`, name);
    if (fleet !== undefined) this.#rankServer(`${namespace}/${fleet}`, name, after);
    if (before && after && takesPlayers(before) === takesPlayers(after)) return;
    for (const room of this.roomsOn(namespace, name)) {
      const found = this.#store.get("Room", namespace, room);
      if (found) this.#rankRoom(found, true);
    }
  }

  #rankServer(key: string, name: string, server: GameServer | undefined): void {
    const left = server ? roomLeftOn(server) : 0;
    if (left === 0) return void drop(this.#open, key, name);
    const ranking = memberOf(this.#open, key, () => new Ranking<OpenServer>(isServerBefore));
    const known = ranking.get(name);
    if (known?.left === left) return;
    ranking.put(name, { name, left });
    if (left > (known?.left ?? 0)) this.#onMore();
  }
}

function memberOf<V>(all: Map<string, V>, key: string, make: () => V): V {
  const found = all.get(key);
  if (found) return found;
  const made = make();
  all.set(key, made);
  return made;
}

function addTo(all: Map<string, Set<string>>, key: string, name: string): void {
  memberOf(all, key, () => new Set<string>()).add(name);
}

function takeFrom(all: Map<string, Set<string>>, key: string, name: string): void {
  const names = all.get(key);
  names?.delete(name);
  if (names?.size === 0) all.delete(key);
}

function drop<T>(all: Map<string, Ranking<T>>, key: string, name: string): void {
  const ranking = all.get(key);
  ranking?.delete(name);
  if (ranking?.size === 0) all.delete(key);
}
