import type { ServiceRoute } from "../service/route.ts";
import {
  askingOf,
  CHANGED,
  mapIdOf,
  NOT_YOURS,
  PATH,
  type RoomRoutesOptions,
  SUMMARY,
} from "./route-words.ts";
import * as schemas from "./schemas.ts";
import { summaryOf } from "./views.ts";

const LINK = { map_id: SUMMARY.map_id, link: "3q2-7wABAgMEBQYHCAkKCw", version: 4 };
const SHOWN = {
  status: 200,
  answer: schemas.MAP_SUMMARY,
  failures: [...NOT_YOURS, CHANGED],
} as const;

/** Who may see, enter and change a map. */
export function owningRoutes(options: RoomRoutesOptions): readonly ServiceRoute[] {
  return [...publishRoutes(options), ...memberRoutes(options), ...linkRoutes(options)];
}

function publishRoutes({ owning, rate }: RoomRoutesOptions): readonly ServiceRoute[] {
  const route = (way: "publish" | "unpublish", summary: string): ServiceRoute => ({
    ...{ method: "POST", url: `/maps/:map_id/${way}`, access: "player", summary },
    params: schemas.MAP_PATH,
    ...SHOWN,
    example: { params: PATH, message: { ...SUMMARY, published: way === "publish" } },
    handle: async (asked) => {
      const asking = askingOf(asked, rate);
      return {
        message: summaryOf(await owning.publish(mapIdOf(asked), way === "publish", asking)),
      };
    },
  });
  return [
    route("publish", "Opens a map to those whom its access names. Safe to repeat."),
    route("unpublish", "Closes it to all but creator and members. Safe to repeat."),
  ];
}

function memberRoutes({ owning, rate }: RoomRoutesOptions): readonly ServiceRoute[] {
  const url = "/maps/:map_id/members/:user_id";
  const route = (
    method: "PUT" | "DELETE",
    summary: string,
    work: typeof owning.addMember,
  ): ServiceRoute => ({
    ...{ method, url, access: "player", summary, params: schemas.MEMBER_PATH },
    ...SHOWN,
    failures: [
      ...SHOWN.failures,
      ...(method === "PUT" ? [{ code: "FORBIDDEN", message: "too many members" } as const] : []),
    ],
    example: { params: { ...PATH, user_id: "ben" }, message: SUMMARY },
    handle: async (asked) => {
      const member = (asked.params.user_id ?? "").toLowerCase();
      return { message: summaryOf(await work(mapIdOf(asked), member, askingOf(asked, rate))) };
    },
  });
  return [
    route("PUT", "Lets a user see, enter and change the map. Safe to repeat.", (...one) =>
      owning.addMember(...one),
    ),
    route("DELETE", "Takes a member off the map; members may go by themselves.", (...one) =>
      owning.removeMember(...one),
    ),
  ];
}

function linkRoutes({ owning, rate }: RoomRoutesOptions): readonly ServiceRoute[] {
  const common = { url: "/maps/:map_id/link", access: "player", params: schemas.MAP_PATH } as const;
  return [
    {
      ...common,
      method: "POST",
      summary: "A new key of the map's link, shown once; the old one opens nothing any more.",
      ...SHOWN,
      answer: schemas.NEW_LINK,
      example: { params: PATH, message: LINK },
      handle: async (asked) => {
        const { id, link, head } = await owning.newLink(mapIdOf(asked), askingOf(asked, rate));
        return { message: { map_id: id, link, version: head.version } };
      },
    },
    {
      ...common,
      method: "DELETE",
      summary: "Ends the map's link. Safe to repeat.",
      ...SHOWN,
      example: { params: PATH, message: SUMMARY },
      handle: async (asked) => ({
        message: summaryOf(await owning.endLink(mapIdOf(asked), askingOf(asked, rate))),
      }),
    },
  ];
}
