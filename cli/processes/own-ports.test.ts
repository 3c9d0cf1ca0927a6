import { expect, it } from "vitest";
import { ownPortsOf } from "./own-ports.ts";

const SDK = [
  [9357, "by the SDK of the game servers"],
  [9358, "by the SDK of the game servers"],
];
const API = "by the API of this control plane";
const ALLOCATION = "by the allocation service of this control plane";

it.each([
  ["the API's own", { allocatorListen: "off", tlsListen: "" }, [[8700, API]]],
  [
    "that for other machines, and the allocation service's",
    { allocatorListen: "8443", tlsListen: "[::1]:8701" },
    [
      [8443, ALLOCATION],
      [8701, API],
      [8700, API],
    ],
  ],
  [
    "one of an address of its own",
    { allocatorListen: "10.0.0.5:9443", tlsListen: "" },
    [
      [9443, ALLOCATION],
      [8700, API],
    ],
  ],
])("nobody gets the ports that the platform listens on: %s", (_, given, expected) => {
  const ports = ownPortsOf({ port: 8700, listen: "127.0.0.1", ...given });
  expect([...ports]).toEqual([...SDK, ...expected]);
});
