import { describe, expect, it } from "vitest";
import { documentsOf } from "../apply-documents.ts";
import { resolveConfig } from "../config.ts";
import { type AppliedFleet, firstFleet, openServices, summaryText } from "./summary.ts";

const ARENA: AppliedFleet = { name: "arena", namespace: "default", isArena: true };

/** The commands that the summary shows, and where what they are for begins. */
function nextOf(fleet: AppliedFleet | undefined, name = "bin/flotilla"): [string, number][] {
  const config = resolveConfig({}, {}, {});
  const url = "http://127.0.0.1:8700";
  const text = summaryText({ config, url, isolation: "none", env: {}, fleet, services: [], name });
  const [, next = ""] = text.split("in another terminal:\n");
  return next
    .split("\n")
    .filter((line) => /^ {2}\S.* {2}\S/.test(line))
    .map((line) => [line.trim().split(/ {2,}/)[0] ?? "", line.search(/(?<=\S {2,})\S/)]);
}
const commandsOf = (...given: Parameters<typeof nextOf>): string[] =>
  nextOf(...given).map(([command]) => command);

describe("how it ends", () => {
  const textOf = (env: Record<string, string>): string =>
    summaryText({
      config: resolveConfig({}, {}, {}),
      ...{ url: "http://127.0.0.1:8700", isolation: "none", services: [], name: "flotilla" },
      ...{ env, fleet: undefined },
    });

  it("is by keys in a terminal, and by a command where systemd started it", () => {
    expect(textOf({})).toMatch(/\nCtrl-C stops the game servers; what is stored stays\.$/);
    expect(textOf({ INVOCATION_ID: "a" })).toMatch(/\n`flotilla down` stops the game servers/);
  });
});

describe("what to do next", () => {
  it("stands in one column", () => {
    const columns = nextOf(ARENA).map(([, column]) => column);
    expect(columns).toHaveLength(4);
    expect(new Set(columns).size).toBe(1);
  });

  it("is to take a server of the fleet that was applied, and to play where the players are", () => {
    expect(commandsOf(ARENA)).toEqual([
      "bin/flotilla get gs",
      "bin/flotilla allocate arena",
      "npm run play -- arena --players 2",
      "bin/flotilla get rooms -o wide",
    ]);
    expect(commandsOf(ARENA, "flotilla")).toEqual([
      "flotilla get gs",
      "flotilla allocate arena",
      "flotilla get rooms -o wide",
    ]);
    expect(commandsOf({ name: "mine", namespace: "team", isArena: false })).toEqual([
      "bin/flotilla get gs",
      "bin/flotilla allocate mine -n team",
      "bin/flotilla get rooms -n team -o wide",
    ]);
  });

  it("is to apply something when no fleet was applied", () => {
    expect(commandsOf(undefined)).toEqual(["bin/flotilla get gs", "bin/flotilla apply -f FILE"]);
  });
});

describe("services that were applied", () => {
  const text = `
apiVersion: flotilla.dev/v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80, hostPort: 8780 }, { port: 81 }, { port: 53, hostPort: 53, protocol: UDP }], template: { spec: { image: web } } }
---
apiVersion: flotilla.dev/v1
kind: Service
metadata: { name: inside }
spec: { template: { spec: { image: web } } }
`;
  it("are shown where players reach them, and those that none reaches are not", () => {
    const services = openServices(documentsOf("a file", text), "127.0.0.1");
    expect(services).toEqual([{ name: "web", url: "http://127.0.0.1:8780" }]);
    expect(openServices(documentsOf("a file", text), "::1")[0]?.url).toBe("http://[::1]:8780");
    const config = resolveConfig({}, {}, {});
    const options = { config, url: "u", isolation: "none", env: {}, fleet: undefined, name: "f" };
    const lines = summaryText({ ...options, services }).split("\n");
    expect(lines).toContain("  web          http://127.0.0.1:8780");
    expect(lines).toContain("  isolation    none");
  });
});

describe("the fleet that was applied", () => {
  const fleet = (more: string, image: string): string => `
apiVersion: agones.dev/v1
kind: Fleet
metadata: { name: one${more} }
spec: { template: { spec: { template: { spec: { containers: [{ name: a, image: "${image}" }] } } } } }
`;
  it.each([
    [fleet("", "arena"), { name: "one", namespace: "here", isArena: true }],
    [fleet(", namespace: team", "arena:v2"), { name: "one", namespace: "team", isArena: true }],
    [fleet("", "arenas"), { name: "one", namespace: "here", isArena: false }],
    ["apiVersion: flotilla.dev/v1\nkind: Network\nmetadata: { name: n }\n", undefined],
  ])("is read from its document", (text, found) => {
    expect(firstFleet(documentsOf("a file", text), "here")).toEqual(found);
  });
});
