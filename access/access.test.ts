import { describe, expect, it } from "vitest";
import { isFleetError } from "../core/std/errors.ts";
import { BrowserGuard } from "./browser.ts";
import { ACCESS, type Access, demandAccess } from "./scopes.ts";
import { ROLES, TOKEN_SCOPES } from "./tokens.ts";

function codeOf(run: () => void): string {
  try {
    run();
    return "ok";
  } catch (error) {
    return isFleetError(error) ? error.code : "bug";
  }
}

describe("what a scope may do", () => {
  const rows = (Object.keys(ACCESS) as Access[]).flatMap((access) =>
    [...TOKEN_SCOPES, ...ROLES].map((scope) => ({ access, scope })),
  );
  it.each(rows)("$scope for $access is as the table says", ({ access, scope }) => {
    const scopes = ACCESS[access];
    const expected = scopes.length === 0 || scopes.includes(scope) ? "ok" : "FORBIDDEN";
    expect(codeOf(() => demandAccess(access, { kind: "file", scope, name: scope }))).toBe(expected);
  });

  it("needs a token for everything that is not open", () => {
    for (const access of Object.keys(ACCESS) as Access[])
      expect(codeOf(() => demandAccess(access, undefined))).toBe(
        access === "open" ? "ok" : "UNAUTHENTICATED",
      );
  });

  it("lets the agent's token do nothing but the link, and nobody else use the link", () => {
    const byAgent = Object.entries(ACCESS).filter(([, scopes]) => scopes.includes("agent"));
    expect(byAgent).toEqual([["link", ["agent", "node"]]]);
  });

  it("gives each role what the one below it has, and more", () => {
    const may = (role: (typeof ROLES)[number]) =>
      Object.entries(ACCESS).flatMap(([access, scopes]) => (scopes.includes(role) ? [access] : []));
    expect(may("viewer")).toEqual(["self", "look", "read"]);
    expect(may("operator")).toEqual([...may("viewer"), "write", "operate", "allocate"]);
    expect(may("admin")).toEqual([...may("operator"), "enter", "manage"]);
  });

  it("names the scope that is needed", () => {
    expect(() => demandAccess("write", { kind: "file", scope: "allocate", name: "x" })).toThrow(
      "a token of scope allocate may not do this: admin or operator is needed",
    );
  });
});

describe("the guard against browsers", () => {
  const guard = new BrowserGuard(["Fleet.Example.org"]);
  it.each([
    ["an address", "127.0.0.1:8700", undefined, "ok"],
    ["an IPv6 address", "[::1]:8700", undefined, "ok"],
    ["localhost", "localhost:8700", undefined, "ok"],
    ["a configured name in any case", "fleet.example.ORG:8700", undefined, "ok"],
    ["its own page", "localhost:8700", "http://localhost:8700", "ok"],
    ["a name that a stranger's DNS leads here", "evil.example:8700", undefined, "FORBIDDEN"],
    ["a name that only ends like ours", "notlocalhost", undefined, "FORBIDDEN"],
    ["no host", undefined, undefined, "FORBIDDEN"],
    ["a stranger's page", "localhost:8700", "http://evil.example", "FORBIDDEN"],
    ["a page on another port", "localhost:8700", "http://localhost:3000", "FORBIDDEN"],
    ["a sandboxed page", "localhost:8700", "null", "FORBIDDEN"],
  ] as const)("answers %s", (_, host, origin, expected) => {
    expect(codeOf(() => guard.check("127.0.0.1", undefined))).toBe("ok");
    expect(codeOf(() => guard.check(host, origin))).toBe(expected);
  });
});
