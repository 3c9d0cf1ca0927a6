import { expect, it } from "vitest";
import { hashFor, routeOf } from "./route.ts";

it.each([
  ["#/maps", { page: "maps" }],
  ["#/things", { page: "things" }],
  ["#/edit", { page: "edit" }],
  ["#/edit/m1", { page: "edit", map: "m1" }],
  ["#/map/m1", { page: "play", map: "m1" }],
  ["#/map/m1?link=k_-9", { page: "play", map: "m1", link: "k_-9" }],
] as const)("%s says where the player is, and back", (hash, route) => {
  expect(routeOf(hash)).toEqual(route);
  expect(hashFor(route)).toBe(hash);
});

it.each(["", "#", "#/map", "#/map/../../login", "#/nowhere", "#/map/<script>"])(
  "shows the maps for %s, which means nothing",
  (hash) => {
    expect(routeOf(hash)).toEqual({ page: "maps" });
  },
);
