import type { Fleet } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { refOf } from "../../core/model/resource.ts";
import type { Room, Seat } from "../../core/model/room.ts";
import { assert } from "../../core/std/assert.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import type { Write } from "../../store/resource-store.ts";
import { isHosted } from "../decide/room-close.ts";
import { playersOn } from "../decide/room-hosts.ts";
import { newRoom, type RoomWish, roomName, withRoom } from "../decide/room-make.ts";
import { giveSeat } from "../decide/room-seats.ts";
import { type RoomServerOptions, serverForRoom } from "./room-server.ts";

export interface RoomMakerOptions extends RoomServerOptions {
  readonly now: () => number;
  readonly newUid: () => string;
  /** So many random letters and digits. */
  readonly letters: (count: number) => string;
  /** The public keys of join tokens as text. */
  readonly keys: () => string;
}
/** A seat that is asked for. */
export interface SeatWish {
  readonly player: string;
  readonly seconds: number;
}
/** What is to be committed, and the room as it is then. */
export interface RoomPlan {
  readonly room: Room;
  readonly writes: readonly Write[];
  readonly made: boolean;
  readonly given?: { readonly id: string; readonly seat: Seat; readonly isNew: boolean };
  /** Seats that the plan frees because their time is over. */
  readonly expired: number;
  /** The server that was Ready before. */
  readonly opened?: GameServer;
}

const NAME_LETTERS = 8;
const SEAT_LETTERS = 12;
const NAMES_TRIED_MAX = 10;

/** Plans on the head of the store, in one turn: find or make a room, give a seat. Nothing is changed here. */
export class RoomMaker {
  readonly #options: RoomMakerOptions;

  constructor(options: RoomMakerOptions) {
    this.#options = options;
  }

  /** The best room like the wish with a free seat, with the seat that was asked for. */
  find(wish: RoomWish, seat: SeatWish | undefined): RoomPlan | undefined {
    const room = this.#options.book.roomFor(wish);
    if (!room) return undefined;
    return seat ? this.sit(room, seat) : { room, writes: [], made: false, expired: 0 };
  }

  /** The seat that the player has already in a room like the wish; undefined when it has none any more. */
  again(wish: RoomWish, seat: SeatWish): RoomPlan | undefined {
    const room = this.#options.book.roomOf(seat.player, wish);
    if (!room) return undefined;
    const { gameServer } = room.status;
    const server = this.#options.store.get("GameServer", wish.namespace, gameServer);
    const plan = isHosted(room, server) ? this.sit(room, seat) : undefined;
    return plan?.given?.isNew ? undefined : plan;
  }

  /** A new room; undefined when no server of the fleet takes one. */
  make(fleet: Fleet, wish: RoomWish, seat: SeatWish | undefined): RoomPlan | undefined {
    const found = serverForRoom(this.#options, fleet);
    if (!found) return undefined;
    const { keys, now } = this.#options;
    const isOpened = found.status.state !== "Allocated";
    const leftovers = isOpened ? this.#roomsOn(found) : [];
    const at = rfc3339(now());
    const context = { keys: keys(), leftovers: leftovers.length, now: at };
    const { server, delta } = withRoom(found, context);
    const empty = newRoom(wish, server, { ...this.#identity(wish), now: at });
    const given = seat && giveSeat(empty, playersOn(server), this.#asked(seat));
    const room = given?.room ?? empty;
    const expected = found.metadata.resourceVersion;
    const writes: Write[] = [
      ...leftovers.map((one): Write => ({ op: "delete", ref: refOf(one) })),
      { op: "create", object: room },
      { op: "update", object: server, expected, delta },
    ];
    return {
      ...{ room, writes, made: true, expired: 0 },
      ...(given ? { given } : {}),
      ...(isOpened ? { opened: server } : {}),
    };
  }

  /** A seat of one room; undefined when none is free. */
  sit(room: Room, seat: SeatWish): RoomPlan | undefined {
    const { namespace } = room.metadata;
    const server = this.#options.store.get("GameServer", namespace, room.status.gameServer);
    const given = giveSeat(room, server ? playersOn(server) : [], this.#asked(seat));
    if (!given) return undefined;
    const { room: object, delta, expired } = given;
    const expected = room.metadata.resourceVersion;
    const writes: Write[] = delta ? [{ op: "update", object, expected, delta }] : [];
    return { room: object, writes, made: false, given, expired };
  }

  #asked({ player, seconds }: SeatWish): Parameters<typeof giveSeat>[2] {
    const { now, letters } = this.#options;
    const at = now();
    // Written in whole seconds, and never shorter than asked for.
    const expiresAt = rfc3339(at + seconds * 1_000 + 999);
    return { player, id: `s${letters(SEAT_LETTERS)}`, now: rfc3339(at), expiresAt };
  }

  #identity({ namespace, fleet }: RoomWish): { readonly name: string; readonly uid: string } {
    const { store, letters, newUid } = this.#options;
    for (let tried = 0; tried < NAMES_TRIED_MAX; tried++) {
      const name = roomName(fleet, letters(NAME_LETTERS));
      if (!store.get("Room", namespace, name)) return { name, uid: newUid() };
    }
    assert(false, "ten random names in a row were taken");
  }

  #roomsOn({ metadata: { namespace, name } }: GameServer): Room[] {
    const { store, book } = this.#options;
    return [...book.roomsOn(namespace, name)].flatMap((room) => {
      const found = store.get("Room", namespace, room);
      return found ? [found] : [];
    });
  }
}
