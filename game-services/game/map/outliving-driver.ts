import type { IRoomCache, SortOptions } from "@colyseus/core";
import { RedisDriver } from "@colyseus/redis-driver";
import type { Redis } from "ioredis";

type Conditions = Partial<IRoomCache>;
type Change = Parameters<RedisDriver["update"]>[1];

/**
 * Which rooms there are, in Redis, for a process that plays on while Redis is away: it knows its own rooms by itself, and
 * tells all of them again when Redis is back, which may have forgotten everything.
 */
export class OutlivingDriver extends RedisDriver {
  /** Of this process. */
  readonly #own = new Map<string, IRoomCache>();
  /** Rooms that have ended and of which Redis was not told. */
  readonly #ended = new Set<string>();

  constructor(client: Redis) {
    super(client);
    client.on("ready", () => void this.#tellAgain());
  }

  /** A room that has begun goes on, told or not: nobody would end it. */
  override async persist(room: IRoomCache, isNew?: boolean): Promise<boolean> {
    this.#own.set(room.roomId, room);
    return await super.persist(room, isNew).catch(() => false);
  }

  /** Nobody waits for it: Colyseus lets a player go after this, and never when it fails. */
  override async update(room: IRoomCache, change: Change): Promise<boolean> {
    super.update(room, change).catch(() => undefined);
    return true;
  }

  override async remove(roomId: string): Promise<boolean> {
    this.#own.delete(roomId);
    this.#ended.add(roomId);
    return await super.remove(roomId).then(
      (isFound) => {
        this.#ended.delete(roomId);
        return isFound;
      },
      () => false,
    );
  }

  override async query(conditions: Conditions, sort?: SortOptions): Promise<IRoomCache[]> {
    const found = await this.#forgetFailure(super.query(conditions, sort));
    const ids = new Set(found.map(({ roomId }) => roomId));
    return [...found, ...this.#ownLike(conditions).filter(({ roomId }) => !ids.has(roomId))];
  }

  /** Its own rooms first: a second one for the same map would part those who want to meet. */
  override async findOne(conditions: Conditions, sort?: SortOptions): Promise<IRoomCache> {
    const [own] = this.#ownLike(conditions);
    return own ?? (await this.#forgetFailure(super.findOne(conditions, sort)));
  }

  #ownLike(conditions: Conditions): readonly IRoomCache[] {
    return [...this.#own.values()].filter((room) => isLike(room, conditions));
  }

  /** Colyseus' driver keeps the question for all who ask the same meanwhile, and one that failed for ever. */
  async #forgetFailure<T>(asked: PromiseLike<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      Object.assign(this, { _concurrentRoomCacheRequest: undefined, _roomCacheRequestByName: {} });
      throw error;
    }
  }

  async #tellAgain(): Promise<void> {
    const told = [...this.#own.values()].map((room) => super.persist(room));
    const ended = [...this.#ended].map((roomId) => this.remove(roomId));
    await Promise.allSettled([...told, ...ended]);
  }
}

/** As Colyseus' own drivers compare: by the room's fields, and by its metadata where it has no such field. */
function isLike(room: IRoomCache, conditions: Conditions): boolean {
  const of = (name: string): unknown =>
    Object.hasOwn(room, name)
      ? (room as unknown as Record<string, unknown>)[name]
      : (room.metadata as Record<string, unknown> | undefined)?.[name];
  return Object.entries(conditions).every(([name, value]) => of(name) === value);
}
