import type { ServiceRoute } from "../service/route.ts";
import { editRoutes } from "./edit-routes.ts";
import { enteringRoutes, snapshotRoutes } from "./entering-routes.ts";
import { mapRoutes } from "./map-routes.ts";
import { owningRoutes } from "./owning-routes.ts";
import type { RoomRoutesOptions } from "./route-words.ts";

/** Everything that the service answers. */
export function roomRoutes(options: RoomRoutesOptions): readonly ServiceRoute[] {
  return [
    ...mapRoutes(options),
    ...editRoutes(options),
    ...owningRoutes(options),
    ...enteringRoutes(options),
    ...snapshotRoutes(options),
  ] as ServiceRoute[];
}
