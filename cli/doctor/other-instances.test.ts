import { describe, expect, it } from "vitest";
import { otherInstances, sharedPortsText } from "./other-instances.ts";

const agent = (state: string, ports: string): string =>
  ["node", "main.ts", "agent", "--state", state, "--port-range", ports, ""].join("\0");
const machine = (...lines: readonly string[]) => ({
  processes: () => lines.map((_, pid) => pid),
  read: (path: string) => lines[Number(path.split("/")[2])],
});

describe("other instances on a machine", () => {
  it("are the agents of other state folders", () => {
    const linux = machine(
      agent("/a", "7000-8000"),
      agent("/b", "8001-9000"),
      "bash\0-c\0agent",
      "flotilla\0up\0--state\0/c\0",
    );
    expect(otherInstances(linux, "/a/")).toEqual([
      { state: "/b", ports: { min: 8001, max: 9000 } },
    ]);
  });

  it("are named when their game ports are ours, too", () => {
    const others = otherInstances(
      machine(agent("/a", "7000-8000"), agent("/b", "8001-9000")),
      "/c",
    );
    expect(sharedPortsText("8000-8000", others)).toBe(
      "game ports 8000-8000 are also those of /a (7000-8000)",
    );
    expect(sharedPortsText("7500-8500", others)).toContain("/a (7000-8000), /b (8001-9000)");
    expect(sharedPortsText("9001-9100", others)).toBeUndefined();
    expect(sharedPortsText("6000-6999", others)).toBeUndefined();
  });

  it("of a process that has just gone are not there", () => {
    const gone = { processes: () => [1], read: () => undefined };
    expect(otherInstances(gone, "/a")).toEqual([]);
  });
});
