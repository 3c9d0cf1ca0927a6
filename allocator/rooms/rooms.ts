import type { Fleet } from "../../core/model/fleet.ts";
import type { Room } from "../../core/model/room.ts";
import { assert } from "../../core/std/assert.ts";
import { type Clock, rfc3339 } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Cause, Write } from "../../store/resource-store.ts";
import { isHosted } from "../decide/room-close.ts";
import { capacityProblem, roomTemplateOf, usualCapacity } from "../decide/room-hosts.ts";
import { likenessOf, type RoomWish } from "../decide/room-make.ts";
import { confirmSeat, leaveSeat, type SeatsChange } from "../decide/room-seats.ts";
import { type RoomView, roomView, type SeatView, seatView } from "../decide/room-views.ts";
import { Explainer } from "../explainer.ts";
import { type Idempotency, Once, type Remember } from "../once.ts";
import type { WaitingLine, Wish } from "../waiting-line.ts";
import { closeRoom } from "./closing.ts";
import { type JoinTokensOptions, withToken } from "./join-tokens.ts";
import { RoomMaker, type RoomPlan } from "./room-maker.ts";
import type { RoomObserver } from "./room-observer.ts";
import { fullRoom, noRoom, notThere } from "./room-refusals.ts";
import type { Asking, Opened, OpenRequest, Seated, SeatRequest } from "./room-requests.ts";
import type { RoomServerOptions } from "./room-server.ts";

export interface RoomsOptions extends RoomServerOptions {
  readonly line: WaitingLine;
  readonly signer: JoinTokensOptions["signer"];
  readonly clock: Clock;
  readonly observer: RoomObserver;
  readonly newUid: () => string;
  /** So many random letters and digits. */
  readonly letters: (count: number) => string;
  /** 128 random bits, base64url. */
  readonly newJti: () => string;
}

const BY_ROOMS: Cause = { by: "allocation", message: "a room or a seat was asked for" };

/**
 * Rooms and their seats. Everything is decided on the head of the store in one turn and answered after its commit, so
 * that no seat is given twice, and no server is opened while an open one has room.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #maker: RoomMaker;
  readonly #once: Once;
  readonly #explainer: Explainer;
  readonly #tokens: JoinTokensOptions;

  constructor(options: RoomsOptions) {
    const { store, clock, signer, newJti } = options;
    const now = (): number => clock.now();
    this.#options = options;
    this.#maker = new RoomMaker({ ...options, now, keys: () => signer.publicText });
    this.#once = new Once({ store, now });
    this.#explainer = new Explainer(store, clock);
    this.#tokens = { signer, now, newJti };
  }

  /**
   * Finds or makes a room, and gives a seat in it: the player's own, when it has one in a room like that. Throws EXHAUSTED
   * when there is none within the time to wait.
   */
  open(request: OpenRequest): Promise<Opened> {
    const { observer, clock } = this.#options;
    return this.#once.run<Opened>(request.idempotency, async (remember) => {
      const { fleet, wish } = this.#wishOf(request.wish);
      const startedAt = clock.monotonic();
      const { find, seat } = request;
      // Who has a seat takes nothing from those who wait, so it does not stand behind them.
      const own = find && seat ? this.#maker.again(wish, seat) : undefined;
      if (own) return await this.#keepOpened(own, remember, startedAt);
      const attempt = (): Promise<Opened> | undefined => {
        const plan = this.#planOf(fleet.metadata, wish, request);
        return plan && this.#keepOpened(plan, remember, startedAt);
      };
      const { namespace, ...spec } = wish;
      const opened = await this.#waited(request, {
        group: `${find ? "room" : "new room"} ${likenessOf(namespace, spec)}`,
        wish: { what: "room", namespace, fleets: [wish.fleet] },
        attempt,
        onMissed: (count) => observer.missed(namespace, wish.fleet, count),
      });
      if (opened) return opened;
      throw await this.#settled(noRoom(this.#explainer, wish));
    });
  }

  /** A seat in one room; the same again for the same player. Throws EXHAUSTED when none is free within the time. */
  seat(request: SeatRequest): Promise<Seated> {
    const { namespace, id, seat } = request;
    const { clock } = this.#options;
    return this.#once.run<Seated>(request.idempotency, async (remember) => {
      const attempt = (): Promise<Seated> | undefined => {
        const plan = this.#maker.sit(this.#hosted(namespace, id), seat);
        return plan && this.#keepSeated(plan, remember);
      };
      const group = `seat ${namespace}/${id}`;
      const { fleet } = this.#hosted(namespace, id).spec;
      const wish = { what: "seat", namespace, fleets: [fleet] } as const;
      const seated = await this.#waited(request, { group, wish, attempt });
      if (seated) return seated;
      throw await this.#settled(fullRoom(this.#hosted(namespace, id), clock.now()));
    });
  }

  /** The player is there: for games that do not report players by the SDK. */
  confirm(
    place: { readonly namespace: string; readonly id: string; readonly seat: string },
    idempotency?: Idempotency,
  ): Promise<SeatView> {
    return this.#once.run<SeatView>(idempotency, async (remember) => {
      const room = this.#hosted(place.namespace, place.id);
      this.#seatOf(room, place.seat);
      const change = confirmSeat(room, place.seat, this.#now());
      const view = seatView(change.room, place.seat, this.#seatOf(change.room, place.seat));
      await this.#options.store.commit(writesOf(room, change), remember(view), BY_ROOMS);
      return view;
    });
  }

  /** Frees a seat. */
  async leave(
    namespace: string,
    id: string,
    seat: string,
  ): Promise<{ readonly seat: SeatView; readonly room: RoomView }> {
    const room = this.#room(namespace, id);
    const view = seatView(room, seat, this.#seatOf(room, seat));
    const change = leaveSeat(room, seat, this.#now());
    await this.#options.store.commit(writesOf(room, change), undefined, BY_ROOMS);
    return { seat: view, room: roomView(change.room) };
  }

  /** Whether it is found by others. */
  async setOpen(namespace: string, id: string, open: boolean): Promise<RoomView> {
    const { store } = this.#options;
    const room = this.#room(namespace, id);
    const object = { ...room, spec: { ...room.spec, open } };
    const expected = room.metadata.resourceVersion;
    const delta = { spec: { open } };
    if (room.spec.open === open) await store.settled(Number(expected));
    else await store.commit([{ op: "update", object, expected, delta }], undefined, BY_ROOMS);
    return roomView(object);
  }

  async close(namespace: string, id: string): Promise<RoomView> {
    const room = this.#room(namespace, id);
    await closeRoom(this.#options, room, "RoomClosed", "allocation");
    return roomView(room);
  }

  #wishOf({ capacity, ...rest }: OpenRequest["wish"]): { fleet: Fleet; wish: RoomWish } {
    const fleet = this.#fleetOf(rest);
    const template = roomTemplateOf(fleet.spec.template.spec);
    const wish = { ...rest, capacity: capacity ?? usualCapacity(template) };
    const message = capacityProblem(template, wish.capacity);
    if (message === undefined) return { fleet, wish };
    const problems = [{ path: "capacity", message }];
    throw new FleetError("INVALID", `the room is invalid: capacity: ${message}`, { problems });
  }

  #fleetOf({ namespace, fleet }: { readonly namespace: string; readonly fleet: string }): Fleet {
    const found = this.#options.store.get("Fleet", namespace, fleet);
    if (!found) throw notThere("Fleet", fleet);
    if (found.metadata.deletionTimestamp === undefined) return found;
    throw new FleetError("FAILED_PRECONDITION", `Fleet ${JSON.stringify(fleet)} is being deleted`);
  }

  /** The fleet is read again for each attempt: it may have been deleted while somebody waited. */
  #planOf(
    { namespace, name }: Fleet["metadata"],
    wish: RoomWish,
    { find, seat }: OpenRequest,
  ): RoomPlan | undefined {
    const fleet = this.#fleetOf({ namespace, fleet: name });
    const found = find ? this.#maker.find(wish, seat) : undefined;
    return found ?? this.#maker.make(fleet, wish, seat);
  }

  async #keepOpened(
    plan: RoomPlan,
    remember: Remember<Opened>,
    startedAt: number,
  ): Promise<Opened> {
    const { room, made, given, opened } = plan;
    const seat = given && withToken(this.#tokens, room, given);
    const answer = { room: roomView(room), made, ...(seat ? { seat } : {}) };
    await this.#keep(plan, remember(answer));
    const { observer, clock } = this.#options;
    if (made) observer.made(room, opened, clock.monotonic() - startedAt);
    return answer;
  }

  async #keepSeated(plan: RoomPlan, remember: Remember<Seated>): Promise<Seated> {
    const { room, given } = plan;
    assert(given, "a seat was planned without one");
    const answer = { isNew: given.isNew, seat: withToken(this.#tokens, room, given) };
    await this.#keep(plan, remember(answer));
    return answer;
  }

  async #keep(
    { writes, room, expired }: RoomPlan,
    remember: ReturnType<Remember<unknown>>,
  ): Promise<void> {
    const { store, observer } = this.#options;
    if (writes.length > 0 || remember) await store.commit(writes, remember, BY_ROOMS);
    else await store.settled(Number(room.metadata.resourceVersion));
    if (expired > 0) observer.expired(room, expired);
  }

  async #waited<T>(
    { waitMs, signal }: Asking,
    request: {
      readonly group: string;
      readonly wish: Wish & { readonly what: "room" | "seat" };
      readonly attempt: () => Promise<T> | undefined;
      readonly onMissed?: (count: number) => void;
    },
  ): Promise<T | undefined> {
    const { line, observer, clock } = this.#options;
    let missed = false;
    const onMissed = (count: number): void => {
      missed = true;
      request.onMissed?.(count);
    };
    const startedAt = clock.monotonic();
    const rest = { upToMs: waitMs, ...(signal ? { signal } : {}) };
    const got = await line.wait({ ...request, onMissed, ...rest });
    if (missed)
      observer.waited(request.wish.what, got !== undefined, clock.monotonic() - startedAt);
    return got;
  }

  /** A refusal, too, rests on commits that are under way, perhaps: it is said after them. */
  async #settled(refusal: FleetError): Promise<FleetError> {
    await this.#options.store.settled();
    return refusal;
  }

  #room(namespace: string, id: string): Room {
    const room = this.#options.store.get("Room", namespace, id);
    if (room) return room;
    throw notThere("Room", id);
  }

  /** A room whose server has ended is as good as closed. */
  #hosted(namespace: string, id: string): Room {
    const room = this.#room(namespace, id);
    const server = this.#options.store.get("GameServer", namespace, room.status.gameServer);
    if (isHosted(room, server)) return room;
    throw notThere("Room", id);
  }

  #seatOf({ metadata, status }: Room, id: string) {
    const seat = Object.hasOwn(status.seats, id) ? status.seats[id] : undefined;
    if (seat) return seat;
    throw new FleetError(
      "NOT_FOUND",
      `seat ${JSON.stringify(id)} is not there: it was left, has expired, or was never in room ${metadata.name}`,
    );
  }

  #now(): string {
    return rfc3339(this.#options.clock.now());
  }
}

function writesOf(room: Room, { room: object, delta }: SeatsChange): readonly Write[] {
  const expected = room.metadata.resourceVersion;
  return delta ? [{ op: "update", object, expected, delta }] : [];
}
