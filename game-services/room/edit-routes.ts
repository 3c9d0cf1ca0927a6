import type { ServiceRoute } from "../service/route.ts";
import type { MapObject } from "./collections.ts";
import {
  askingOf,
  CHANGED,
  KEY,
  MAP,
  mapIdOf,
  NO_ASSETS,
  NOT_YOURS,
  OBJECT,
  PATH,
  type RoomRoutesOptions,
} from "./route-words.ts";
import * as schemas from "./schemas.ts";
import { mapText } from "./views.ts";

/** Small edits, which need no version: they are tried again when somebody else was faster. */
export function editRoutes({ edits, looks, rate }: RoomRoutesOptions): readonly unknown[] {
  const { object_id, ...placed } = OBJECT;
  const place: ServiceRoute<Omit<MapObject, "object_id">> = {
    method: "POST",
    url: "/maps/:map_id/objects",
    access: "player",
    summary: "Places an asset, for creator and members.",
    params: schemas.MAP_PATH,
    body: schemas.PLACE_OBJECT,
    status: 201,
    answer: schemas.OBJECT_PLACED,
    failures: [...NOT_YOURS, CHANGED, KEY, NO_ASSETS],
    example: { params: PATH, body: placed, message: { ...OBJECT, version: 4 } },
    isIdempotent: true,
    handle: async (asked) => {
      const asking = askingOf(asked, rate);
      const { object, version } = await edits.place(mapIdOf(asked), asked.body, asking);
      return { message: { ...object, version } };
    },
  };
  const remove: ServiceRoute = {
    method: "DELETE",
    url: "/maps/:map_id/objects/:object_id",
    access: "player",
    summary: "Takes a placed asset away, for creator and members.",
    params: schemas.OBJECT_PATH,
    status: 200,
    answer: schemas.OBJECT_REMOVED,
    failures: [...NOT_YOURS, CHANGED, { code: "NOT_FOUND", message: "object not found" }],
    example: { params: { ...PATH, object_id }, message: { object_id, version: 5 } },
    handle: async (asked) => {
      const objectId = asked.params.object_id ?? "";
      const { head } = await edits.remove(mapIdOf(asked), objectId, askingOf(asked, rate));
      return { message: { object_id: objectId, version: head.version } };
    },
  };
  const step = (way: "undo" | "redo", summary: string): ServiceRoute => ({
    method: "POST",
    url: `/maps/:map_id/${way}`,
    access: "player",
    summary,
    params: schemas.MAP_PATH,
    status: 200,
    answer: schemas.MAP,
    failures: [
      ...NOT_YOURS,
      CHANGED,
      { code: "FAILED_PRECONDITION", message: `nothing to ${way}` },
    ],
    example: { params: PATH, message: MAP },
    handle: async (asked) => {
      const asking = askingOf(asked, rate);
      await edits.step(mapIdOf(asked), way, asking);
      const seen = await looks.look(mapIdOf(asked), asking);
      return mapText(seen, seen);
    },
  });
  return [
    place,
    remove,
    step("undo", "Shows again what the map showed before the last edit, as a new version."),
    step("redo", "Shows again what was undone last, as a new version."),
  ];
}
