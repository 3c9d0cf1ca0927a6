import { expect, it } from "vitest";
import type { ServiceRoute } from "./route.ts";
import { methodsOf, templateOf } from "./route-paths.ts";

const ROUTES = [
  { method: "GET", url: "/things" },
  { method: "GET", url: "/things/:thing_id" },
  { method: "DELETE", url: "/things/:thing_id" },
  { method: "GET", url: "/files/:hash", files: ["image/png"] },
] as unknown as readonly ServiceRoute[];

it.each([
  ["/things", ["GET"]],
  ["/things/a", ["GET", "DELETE"]],
  ["/files/a", ["GET", "HEAD"]],
  ["/things/", []],
  ["/things/a/b", []],
])("knows the methods of %s", (path, methods) => {
  expect(methodsOf(ROUTES, path)).toEqual(methods);
});

it("writes a path as OpenAPI does", () => {
  expect(templateOf("/things/:thing_id/parts/:part")).toBe("/things/{thing_id}/parts/{part}");
});
