import { DRAINING_SINCE } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { keyOf, type Resource, refOf } from "../../core/model/resource.ts";
import { JOIN_KEYS } from "../../core/model/room.ts";
import { type Clock, rfc3339 } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import { WorkQueue } from "../../core/std/work-queue.ts";
import type { Cause, ResourceStore } from "../../store/resource-store.ts";
import { isHosted, withKeys, withoutRooms } from "../decide/room-close.ts";
import { hostsRooms, playersOn } from "../decide/room-hosts.ts";
import type { ServerChange } from "../decide/room-make.ts";
import { dueAt, isEmptyTooLong, settleSeats } from "../decide/room-seats.ts";
import { closeRoom } from "./closing.ts";
import type { RoomBook } from "./room-book.ts";
import type { RoomObserver } from "./room-observer.ts";

/** The keys of join tokens, as the keeper turns them. */
export interface TurningKeys {
  readonly publicText: string;
  /** True when the published keys are others than before. */
  rotate(): Promise<boolean>;
}
export interface RoomKeeperOptions {
  readonly store: ResourceStore;
  readonly book: RoomBook;
  readonly keys: TurningKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RoomObserver;
}

const QUEUE = {
  concurrencyMax: 256,
  queueMax: 1_000_000,
  backoff: { firstMs: 5, factor: 2, maxMs: 5_000 },
};
const KEEPER = "rooms";
const BY_KEEPER: Cause = { by: KEEPER };
const ROTATE_EVERY_MS = 30_000;
/** Wall time may jump: who waits for a time looks again by then. */
const LOOK_AGAIN_MS_MAX = 60_000;

/**
 * The loop of the rooms: seats follow what games report and expire, empty rooms and those of servers that ended are
 * closed, servers without rooms come back, keys go round. Changes of the head only put a key into the queue.
 */
export class RoomKeeper {
  readonly #options: RoomKeeperOptions;
  readonly #queue: WorkQueue;

  constructor(options: RoomKeeperOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.#queue = new WorkQueue({ name: "rooms", clock, logger, ...QUEUE });
  }

  /** Runs until `signal` is aborted; looks at everything once at the start. */
  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    using _follow = store.onHead((before, after) => this.#follow(before, after));
    for (const room of store.list("Room")) this.#add(room);
    this.#addServers();
    await Promise.allSettled([
      this.#queue.run((key) => this.#pass(key), signal),
      this.#rotate(signal),
    ]);
  }

  #follow(before: Resource | undefined, after: Resource | undefined): void {
    if (after?.kind === "Room") this.#add(after);
    const server = after ?? before;
    if (server?.kind !== "GameServer") return;
    const was = before as GameServer | undefined;
    const is = after as GameServer | undefined;
    const { namespace, name } = server.metadata;
    const concerns =
      was?.status.rooms !== undefined ||
      is?.status.rooms !== undefined ||
      this.#options.book.roomsOn(namespace, name).size > 0;
    if (concerns && !(was && is && isSame(was, is))) this.#add(server);
  }

  #addServers(): void {
    for (const server of this.#options.store.list("GameServer"))
      if (server.status.rooms !== undefined) this.#add(server);
  }

  #add(resource: Resource): void {
    this.#queue.add(keyOf(refOf(resource)));
  }

  async #pass(key: string): Promise<void> {
    const [kind, namespace = "", name = ""] = key.split("/");
    if (kind === "Room") await this.#passRoom(key, namespace, name);
    else await this.#passServer(namespace, name);
  }

  async #passRoom(key: string, namespace: string, name: string): Promise<void> {
    const { store, clock, observer } = this.#options;
    const room = store.get("Room", namespace, name);
    if (!room) return;
    const server = store.get("GameServer", namespace, room.status.gameServer);
    if (!server || !isHosted(room, server))
      return await closeRoom(this.#options, room, "RoomServerEnded", KEEPER);
    const now = clock.now();
    const { room: object, delta, expired } = settleSeats(room, playersOn(server), rfc3339(now));
    if (delta) {
      const expected = room.metadata.resourceVersion;
      await store.commit([{ op: "update", object, expected, delta }], undefined, BY_KEEPER);
      if (expired > 0) observer.expired(object, expired);
      return;
    }
    if (isEmptyTooLong(room, now)) return await closeRoom(this.#options, room, "RoomEmpty", KEEPER);
    const due = dueAt(room);
    if (due !== undefined)
      this.#queue.addAfter(key, Math.max(0, Math.min(due - now, LOOK_AGAIN_MS_MAX)));
  }

  async #passServer(namespace: string, name: string): Promise<void> {
    const { store, book, keys, observer } = this.#options;
    const rooms = book.roomsOn(namespace, name);
    for (const room of rooms) this.#queue.add(keyOf({ kind: "Room", namespace, name: room }));
    const server = store.get("GameServer", namespace, name);
    if (!server) return;
    const hosts = hostsRooms(server);
    // Somebody may have written a status by hand: what is counted is what there is.
    const surplus = hosts ? Math.max(0, (server.status.rooms ?? 0) - rooms.size) : 0;
    const left = hosts || rooms.size === 0 ? withoutRooms(server, surplus) : undefined;
    if (left) {
      await this.#write(server, left);
      if (left.server.status.state === "Ready" && server.status.state === "Allocated")
        observer.cameBack(left.server);
      return;
    }
    const told = withKeys(server, keys.publicText);
    if (told) await this.#write(server, told);
  }

  async #write(server: GameServer, { server: object, delta }: ServerChange): Promise<void> {
    const expected = server.metadata.resourceVersion;
    const write = { op: "update", object, expected, delta } as const;
    await this.#options.store.commit([write], undefined, BY_KEEPER);
  }

  async #rotate(signal: AbortSignal): Promise<void> {
    const { keys, clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        if (await keys.rotate()) this.#addServers();
      } catch (error) {
        logger.warn({ error }, "the keys of join tokens could not be turned");
      }
      await clock.sleep(ROTATE_EVERY_MS, signal);
    }
  }
}

/** Nothing of a server changed that rooms look at: what a change leaves alone is the same object. */
function isSame(was: GameServer, is: GameServer): boolean {
  const a = was.metadata;
  const b = is.metadata;
  return (
    was.status.state === is.status.state &&
    was.status.rooms === is.status.rooms &&
    was.status.counters === is.status.counters &&
    was.status.lists === is.status.lists &&
    a.deletionTimestamp === b.deletionTimestamp &&
    [JOIN_KEYS, DRAINING_SINCE].every((key) => a.annotations?.[key] === b.annotations?.[key]) &&
    hostsRooms(was) === hostsRooms(is)
  );
}
