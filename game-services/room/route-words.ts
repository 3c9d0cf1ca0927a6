import { assert } from "../../core/std/assert.ts";
import type { RateLimit } from "../service/rate-limit.ts";
import type { Asked, NamedFailure } from "../service/route.ts";
import type { MapContent, MapObject } from "./collections.ts";
import type { Edits } from "./edits.ts";
import type { MapRooms } from "./map-rooms.ts";
import type { Asking, Maps, Viewer } from "./maps.ts";
import type { Owning } from "./owning.ts";
import type { Snapshots } from "./snapshots.ts";

export interface RoomRoutesOptions {
  readonly looks: Maps;
  readonly edits: Edits;
  readonly owning: Owning;
  readonly rooms: MapRooms;
  readonly snapshots: Snapshots;
  /** Changes and entries of each user, and looks at who is there. */
  readonly rate: RateLimit;
}

export const NOT_SEEN: readonly NamedFailure[] = [
  { code: "UNAUTHENTICATED", message: "token expired" },
  { code: "NOT_FOUND", message: "map not found" },
];
export const RATE: readonly NamedFailure[] = [
  { code: "EXHAUSTED", message: "too many requests" },
  { code: "UNAVAILABLE", message: "too much to do at the moment" },
];
export const NOT_YOURS: readonly NamedFailure[] = [
  ...NOT_SEEN,
  ...RATE,
  { code: "FORBIDDEN", message: "not allowed" },
];
export const CHANGED: NamedFailure = { code: "CONFLICT", message: "changed meanwhile" };
export const KEY: NamedFailure = { code: "KEY_REUSED", message: "idempotency key reused" };
export const NO_ASSETS: NamedFailure = {
  code: "UNAVAILABLE",
  message: "asset service not available",
};

const ID = "m5f0b4f0e8a536b2f3c1d7e42";
export const PATH: Readonly<Record<string, string>> = { map_id: ID };
export const OBJECT: MapObject = {
  object_id: "o8a536b2f3c1d7e425f0b4f0e",
  asset_id: "a3c1d7e425f0b4f0e8a536b2f",
  ...{ x: 2.5, y: 1, rotation: 90, layer: 1, solid: true },
};
export const SUMMARY: { readonly map_id: string } = {
  map_id: ID,
  ...{ creator: "ann", name: "Harbour", width: 6, height: 4, access: "public" },
  ...{ published: true, version: 3, members: ["ben"], can_edit: true, has_link: false },
  ...{ created_at: "2026-01-01T12:00:00Z", updated_at: "2026-01-01T12:05:00Z" },
};
export const CONTENT: MapContent = {
  ...{ name: "Harbour", width: 6, height: 4 },
  tiles: ["~~~~~~", "......", "..,,..", "######"],
  objects: [OBJECT],
};
export const MAP: object = { ...SUMMARY, ...CONTENT };

/** The map that a path names. */
export function mapIdOf<B>({ params }: Asked<B>): string {
  return params.map_id ?? "";
}

/** Who looks at a map. */
export function viewerOf<B>({ player, query }: Asked<B>): Viewer {
  const link = query.link === undefined ? undefined : String(query.link);
  return { userId: player?.userId, link };
}

/** Who asks for a change; counted, for changes are durable writes. */
export function askingOf<B>(asked: Asked<B>, rate: RateLimit): Asking {
  const { player, token, signal, idempotencyKey } = asked;
  assert(player && token !== undefined, "a route for players was called by nobody");
  rate.take(player.userId);
  return { userId: player.userId, token, signal, idempotencyKey };
}
