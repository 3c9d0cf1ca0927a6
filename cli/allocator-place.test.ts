import { expect, it } from "vitest";
import { allocatorLine, allocatorPlaceOf, clientCaFolderOf } from "./allocator-place.ts";
import { resolveConfig } from "./config.ts";

it.each([
  ["the API's address by default", {}, { host: "127.0.0.1", port: 8443 }],
  [
    "the API's address with another port",
    { listen: "::1", allocatorListen: "9000" },
    { host: "::1", port: 9000 },
  ],
  ["an address of its own", { allocatorListen: "[fd00::1]:9000" }, { host: "fd00::1", port: 9000 }],
  ["nowhere when it is off", { allocatorListen: "off" }, undefined],
  ["nowhere with an empty word", { allocatorListen: "" }, undefined],
  ["nowhere with port 0", { allocatorListen: "0" }, undefined],
])("the allocation service listens on %s", (_, flags, place) => {
  expect(allocatorPlaceOf(resolveConfig(flags, {}, {}))).toEqual(place);
});

it.each([
  ["allocatorListen", "10.0.0.5", "a port, an IP address and a port such as 10.0.0.5:8443, or off"],
  ["allocatorTls", "folder", "own, off, or a folder (./folder) with tls.crt and tls.key"],
  ["allocatorAuth", "password", "mtls, token or none"],
])("the setting %s does not take %s, and says what it takes", (name, value, takes) => {
  expect(() => resolveConfig({ [name]: value }, {}, {})).toThrow(`takes ${takes}, not "${value}"`);
});

it.each([
  [{}, "127.0.0.1:8443, gRPC and REST, with a client certificate (/s/allocator-client.crt)"],
  [{ allocatorAuth: "none" }, "127.0.0.1:8443, gRPC and REST, for ANYONE who reaches it"],
  [
    { allocatorAuth: "token", allocatorTls: "off", listen: "::1" },
    "[::1]:8443, gRPC and REST, in plain text, with a token of scope allocate",
  ],
  [{ allocatorListen: "off" }, "off"],
])("one line says where it is and what a client needs", (flags, line) => {
  expect(allocatorLine(resolveConfig({ state: "/s", ...flags }, {}, {}))).toBe(line);
});

it("checks clients by the server's own folder, or by the one that was named", () => {
  const folderOf = (flags: Record<string, string>): string =>
    clientCaFolderOf(resolveConfig({ state: "/s", ...flags }, {}, {}));
  expect(folderOf({})).toBe("/s/server/client-ca");
  expect(folderOf({ allocatorClientCa: "/other" })).toBe("/other");
});
