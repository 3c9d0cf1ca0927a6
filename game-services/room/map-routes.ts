import { assert } from "../../core/std/assert.ts";
import { badRequest } from "../service/envelope.ts";
import type { Asked, ServiceRoute } from "../service/route.ts";
import type { MapChange } from "./edits.ts";
import { type NewMap, seenBy } from "./maps.ts";
import {
  askingOf,
  CHANGED,
  CONTENT,
  KEY,
  MAP,
  mapIdOf,
  NO_ASSETS,
  NOT_SEEN,
  NOT_YOURS,
  PATH,
  RATE,
  type RoomRoutesOptions,
  SUMMARY,
  viewerOf,
} from "./route-words.ts";
import * as schemas from "./schemas.ts";
import { mapText, pageOf, versionsOf } from "./views.ts";

const LIMIT = 20;
const ITEMS = { items: [SUMMARY], next: "WyJhYmNkZWYwMSIsIm0xIl0" };

function pageAsked<B>({ query }: Asked<B>): { limit: number; after: string | undefined } {
  const { limit = LIMIT, after } = query;
  return { limit: Number(limit), after: after === undefined ? undefined : String(after) };
}

/** Maps as documents: made, found, looked at, changed and deleted. */
export function mapRoutes(options: RoomRoutesOptions): readonly unknown[] {
  return [...listRoutes(options), ...oneMap(options), versionsRoute(options)];
}

function listRoutes({ looks, rate }: RoomRoutesOptions): readonly unknown[] {
  const make: ServiceRoute<NewMap> = {
    method: "POST",
    url: "/maps",
    access: "player",
    summary: "Makes a map; floor where no tiles are given.",
    body: schemas.NEW_MAP,
    status: 201,
    answer: schemas.MAP,
    failures: [
      { code: "UNAUTHENTICATED", message: "token expired" },
      { code: "FORBIDDEN", message: "too many maps" },
      ...[CHANGED, KEY, NO_ASSETS, ...RATE],
    ],
    example: { body: { ...CONTENT, access: "public" }, message: MAP },
    isIdempotent: true,
    handle: async (asked) => {
      const { id, head } = await looks.make(asked.body, askingOf(asked, rate));
      const seen = await looks.look(id, { userId: head.creator });
      return mapText(seen, seen);
    },
  };
  const list: ServiceRoute = {
    method: "GET",
    url: "/maps",
    access: "player",
    summary: "Maps that everybody may enter, newest first.",
    query: schemas.LIST_QUERY,
    status: 200,
    answer: schemas.MAP_PAGE,
    failures: [{ code: "UNAUTHENTICATED", message: "token expired" }],
    example: { message: ITEMS },
    handle: async (asked) => {
      const { limit, after } = pageAsked(asked);
      const creator = asked.query.creator && String(asked.query.creator).toLowerCase();
      const page = await looks.listed(creator || undefined, limit, after);
      return { message: pageOf(page, (id, head) => seenBy(id, head, viewerOf(asked))) };
    },
  };
  const mine: ServiceRoute = {
    method: "GET",
    url: "/maps/mine",
    access: "player",
    summary: "The player's own maps, newest first.",
    query: schemas.PAGE_QUERY,
    status: 200,
    answer: schemas.MAP_PAGE,
    failures: [{ code: "UNAUTHENTICATED", message: "token expired" }],
    example: { message: ITEMS },
    handle: async (asked) => {
      const { limit, after } = pageAsked(asked);
      const { player } = asked;
      assert(player, "a route for players was called by nobody");
      const page = await looks.mine(player.userId, limit, after);
      return { message: pageOf(page, (id, head) => seenBy(id, head, viewerOf(asked))) };
    },
  };
  return [make, list, mine];
}

function oneMap({ looks, edits, owning, rate }: RoomRoutesOptions): readonly unknown[] {
  const get: ServiceRoute = {
    method: "GET",
    url: "/maps/:map_id",
    access: "player or operator",
    summary: "One map. Its ETag is its version: If-None-Match is answered with 304.",
    params: schemas.MAP_PATH,
    query: schemas.LINK_QUERY,
    status: 200,
    answer: schemas.MAP,
    failures: NOT_SEEN,
    example: { params: PATH, message: MAP },
    handle: async (asked) => {
      const seen = await looks.look(mapIdOf(asked), viewerOf(asked));
      return mapText(seen, seen);
    },
  };
  const change: ServiceRoute<MapChange & { readonly version: number }> = {
    method: "PATCH",
    url: "/maps/:map_id",
    access: "player",
    summary: "Changes a map of the version that is named; the result is a new version.",
    params: schemas.MAP_PATH,
    body: schemas.CHANGE_MAP,
    status: 200,
    answer: schemas.MAP,
    failures: [...NOT_YOURS, CHANGED, NO_ASSETS],
    example: { params: PATH, body: { version: 2, name: "Harbour" }, message: MAP },
    handle: async (asked) => {
      const { version, ...next } = asked.body;
      const asking = askingOf(asked, rate);
      if (Object.keys(next).length === 0)
        throw badRequest([{ path: "", message: "must name something beside the version" }]);
      await edits.change(mapIdOf(asked), version, next, asking);
      const seen = await looks.look(mapIdOf(asked), asking);
      return mapText(seen, seen);
    },
  };
  const remove: ServiceRoute = {
    method: "DELETE",
    url: "/maps/:map_id",
    access: "player",
    summary: "Deletes a map with all its versions.",
    params: schemas.MAP_PATH,
    status: 200,
    answer: schemas.DELETED,
    failures: [...NOT_YOURS, CHANGED],
    example: { params: PATH, message: { map_id: SUMMARY.map_id } },
    handle: async (asked) => {
      const { id } = await owning.delete(mapIdOf(asked), askingOf(asked, rate));
      return { message: { map_id: id } };
    },
  };
  return [get, change, remove];
}

function versionsRoute({ looks }: RoomRoutesOptions): ServiceRoute {
  const version = { version: 1, at: "2026-01-01T12:00:00Z", by: "ann" };
  return {
    method: "GET",
    url: "/maps/:map_id/versions",
    access: "player",
    summary: "Versions that undo and redo lead to, the oldest first.",
    params: schemas.MAP_PATH,
    query: schemas.PAGE_QUERY,
    status: 200,
    answer: schemas.VERSIONS,
    failures: NOT_SEEN,
    example: {
      params: PATH,
      message: { items: [{ ...version, what: "made", is: "current" }] },
    },
    handle: async (asked) => {
      const { limit, after } = pageAsked(asked);
      const { head } = await looks.see(mapIdOf(asked), { userId: viewerOf(asked).userId });
      const page = versionsOf(head, limit, after);
      if (page) return { message: page };
      throw badRequest([{ path: "after", message: "is not of this list" }]);
    },
  };
}
