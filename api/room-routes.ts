import type { FastifyInstance, FastifyReply } from "fastify";
import { demandNamespace } from "../access/scopes.ts";
import { freeSeats } from "../allocator/decide/room-seats.ts";
import { type RoomView, roomView, seatsOf } from "../allocator/decide/room-views.ts";
import type { Room } from "../core/model/room.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import { idempotencyOf } from "./allocate.ts";
import { pageOf } from "./list-page.ts";
import type { Rooms } from "./options.ts";
import { readSettled } from "./read-settled.ts";
import {
  checkedBody,
  filterAsked,
  namespaceAsked,
  type RoomFilter,
  roomAsked,
  seatAsked,
} from "./room-input.ts";
import {
  CHANGE_ROOM,
  KEY_SET,
  LEFT,
  NOTHING,
  OPEN_ROOM,
  OPENED,
  ROOM_PAGE,
  ROOM_VIEW,
  SEAT_VIEW,
  SEAT_WITH_TOKEN,
  SEATS,
  TAKE_SEAT,
} from "./room-schemas.ts";
import {
  asked,
  askedNumber,
  goneOf,
  type Handler,
  type Request,
  type Route,
  type RouteAbout,
  serve,
} from "./route.ts";
import { notFound } from "./write.ts";

export interface RoomRoutesOptions {
  readonly rooms: Rooms;
  readonly store: ResourceStore;
  readonly listMax: number;
  /** The public keys of join tokens. */
  readonly joinKeys: { readonly keySet: object };
}

/** Rooms and seats: what a game's clients and services ask for. */
export function roomRoutes(app: FastifyInstance, options: RoomRoutesOptions): void {
  const routes = new RoomRoutes(options);
  const may = (handle: Handler, about: RouteAbout): Route => ({
    access: "allocate",
    namespaced: true,
    handle,
    about: { tag: "Rooms", ...about },
  });
  serve(app, "/v1/rooms", {
    GET: may(routes.list, { summary: "Lists rooms.", answer: ROOM_PAGE, query: FILTERS }),
    POST: may(routes.open, {
      summary: "Finds or makes a room, and gives a seat in it.",
      body: OPEN_ROOM,
      answer: OPENED,
      example: EXAMPLE_OPEN,
    }),
  });
  serve(app, "/v1/rooms/:id", {
    GET: may(routes.get, { summary: "Shows one room.", answer: ROOM_VIEW }),
    PATCH: {
      audit: "single",
      ...may(routes.change, {
        summary: "Opens a room to those who look for one, or closes it to them.",
        body: CHANGE_ROOM,
        answer: ROOM_VIEW,
        example: { open: false },
      }),
    },
    DELETE: {
      audit: "single",
      ...may(routes.close, { summary: "Ends a room.", answer: ROOM_VIEW }),
    },
  });
  serve(app, "/v1/rooms/:id/seats", {
    GET: may(routes.seats, { summary: "Shows who has a seat in a room.", answer: SEATS }),
    POST: may(routes.sit, {
      summary: "Gives a player a seat, or a new token for the one it has.",
      body: TAKE_SEAT,
      answer: SEAT_WITH_TOKEN,
      example: { player: "ann" },
    }),
  });
  serve(app, "/v1/rooms/:id/seats/:seat", {
    DELETE: may(routes.leave, { summary: "Frees a seat.", answer: LEFT }),
  });
  serve(app, "/v1/rooms/:id/seats/:seat/confirm", {
    POST: may(routes.confirm, {
      summary: "The player is there.",
      body: NOTHING,
      answer: SEAT_VIEW,
    }),
  });
  const about = { summary: "Public keys of join tokens.", tag: "Rooms", answer: KEY_SET };
  serve(app, "/.well-known/jwks.json", {
    GET: { access: "open", handle: (_request, reply) => keySet(options, reply), about },
  });
}

const FILTERS = {
  namespace: "Namespace; `default` when absent.",
  fleet: "Only those of one fleet.",
  "attribute.NAME": "Only those with this attribute.",
  free: "`true`: only those with a free seat.",
  player: "Only those in which this player has a seat.",
  limit: "The most on one page.",
  continue: "What the page before gave.",
};
const EXAMPLE_OPEN = {
  fleet: "arena",
  attributes: { map: "harbour" },
  capacity: 8,
  seat: { player: "ann", seconds: 30 },
  waitUpTo: "10s",
};
/** Verifiers may keep the keys for so long: a new one is published long before it signs. */
const KEYS_KEPT = "public, max-age=60";

function keySet({ joinKeys }: RoomRoutesOptions, reply: FastifyReply): object {
  reply.header("cache-control", KEYS_KEPT);
  return joinKeys.keySet;
}

class RoomRoutes {
  readonly #options: RoomRoutesOptions;

  constructor(options: RoomRoutesOptions) {
    this.#options = options;
  }

  readonly list = async (request: Request): Promise<object> => {
    const { store, listMax } = this.#options;
    const namespace = namespaceAsked(request);
    const filter = filterAsked(request);
    const limit = Math.min(askedNumber(request, "limit") || listMax, listMax);
    const continued = asked(request, "continue") || undefined;
    const matches = (room: Room): boolean => matchesFilter(room, filter);
    const { items, next } = await readSettled(store, () =>
      pageOf(store.list("Room", namespace), (room) => matches(room as Room), limit, continued),
    );
    const rooms = items.map((room) => roomView(room as Room));
    return { rooms, ...(next === undefined ? {} : { continue: next }) };
  };

  readonly open = async (request: Request, reply: FastifyReply): Promise<object> => {
    const { wish, ...rest } = roomAsked(request.body);
    demandNamespace(request.principal, wish.namespace);
    const opened = await this.#options.rooms.open({
      ...{ wish, ...rest },
      ...this.#asking(request, reply, wish.namespace, rest.waitMs),
    });
    reply.code(opened.made ? 201 : 200);
    return opened;
  };

  readonly get = async (request: Request): Promise<RoomView> => {
    const { store } = this.#options;
    const { namespace, id } = this.#place(request);
    const room = await readSettled(store, () => store.get("Room", namespace, id));
    if (!room) throw notFound("Room", id);
    return roomView(room);
  };

  readonly seats = async (request: Request): Promise<object> => {
    const { store } = this.#options;
    const { namespace, id } = this.#place(request);
    const room = await readSettled(store, () => store.get("Room", namespace, id));
    if (!room) throw notFound("Room", id);
    return { seats: seatsOf(room) };
  };

  readonly change = async (request: Request): Promise<RoomView> => {
    const { namespace, id } = this.#place(request);
    const { open } = checkedBody<{ open: boolean }>(CHANGE_ROOM, request.body);
    return await this.#options.rooms.setOpen(namespace, id, open);
  };

  readonly close = async (request: Request): Promise<RoomView> => {
    const { namespace, id } = this.#place(request);
    return await this.#options.rooms.close(namespace, id);
  };

  readonly sit = async (request: Request, reply: FastifyReply): Promise<object> => {
    const place = this.#place(request);
    const { seat: wish, waitMs } = seatAsked(request.body);
    const { isNew, seat } = await this.#options.rooms.seat({
      ...{ ...place, seat: wish, waitMs },
      ...this.#asking(request, reply, place.namespace, waitMs),
    });
    reply.code(isNew ? 201 : 200);
    return seat;
  };

  readonly confirm = async (request: Request): Promise<object> => {
    const { namespace, id } = this.#place(request);
    checkedBody(NOTHING, request.body);
    const seat = request.params.seat ?? "";
    const idempotency = keyOf(request, namespace);
    return await this.#options.rooms.confirm({ namespace, id, seat }, idempotency);
  };

  readonly leave = async (request: Request): Promise<object> => {
    const { namespace, id } = this.#place(request);
    return await this.#options.rooms.leave(namespace, id, request.params.seat ?? "");
  };

  #place(request: Request): { readonly namespace: string; readonly id: string } {
    return { namespace: namespaceAsked(request), id: request.params.id ?? "" };
  }

  /** Only who waits is worth the trouble of hearing that the caller has gone. */
  #asking(request: Request, reply: FastifyReply, namespace: string, waitMs: number) {
    const idempotency = keyOf(request, namespace);
    return {
      ...(idempotency ? { idempotency } : {}),
      ...(waitMs > 0 ? { signal: goneOf(reply) } : {}),
    };
  }
}

/** The same key for another verb, or another room, is another request. */
function keyOf(request: Request, namespace: string): ReturnType<typeof idempotencyOf> {
  const { headers, principal, method, url, body } = request;
  const content = `${method} ${url}\n${JSON.stringify(body ?? null)}`;
  return idempotencyOf({ key: headers["idempotency-key"], namespace, principal, content });
}

function matchesFilter(room: Room, { fleet, attributes, free, player }: RoomFilter): boolean {
  const { spec, status } = room;
  return (
    (fleet === undefined || spec.fleet === fleet) &&
    (free === undefined || freeSeats(room) > 0 === free) &&
    Object.entries(attributes).every(
      ([key, value]) => Object.hasOwn(spec.attributes, key) && spec.attributes[key] === value,
    ) &&
    (player === undefined || Object.values(status.seats).some((seat) => seat.player === player))
  );
}
