import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Node } from "../../core/model/node.ts";
import { decidePlacement, type NodeSeen, pickPorts, portGroups, type Wish } from "./placement.ts";
import { refusalsText, sameCause } from "./refusals.ts";

const GIB = 2 ** 30;
const WISH: Wish = {
  scheduling: "Packed",
  asks: { cpuMilli: 0, memoryBytes: 0 },
  hostPorts: [],
  rangePorts: 1,
  image: { reference: "arena:latest", nodes: new Set(["a"]) },
};

interface Given {
  readonly load?: number;
  readonly used?: NodeSeen["used"];
  readonly portsFree?: number;
  readonly labels?: Record<string, string>;
  readonly spec?: object;
  readonly status?: object;
}
function node(name: string, given: Given = {}): NodeSeen {
  const { load = 0, used = { cpuMilli: 0, memoryBytes: 0 }, portsFree = 10 } = given;
  const capacity = { cpuMilli: 2_000, memoryBytes: 4 * GIB };
  const portRange = { min: 7_000, max: 7_009 };
  return {
    node: {
      metadata: { name, labels: given.labels ?? {} },
      spec: { unschedulable: false, ...given.spec },
      status: { ready: true, capacity, portRange, ...given.status },
    } as unknown as Node,
    load,
    used,
    portsFree,
    isPortUsed: (port) => port === 7_777 || port === 8_700,
    ownPorts: new Map([[8_700, "by the API of this control plane"]]),
  };
}
const chosen = (wish: Partial<Wish>, ...nodes: readonly NodeSeen[]): string => {
  const placement = decidePlacement({ ...WISH, ...wish }, nodes);
  if (placement.node) return placement.node.metadata.name;
  return `${placement.because}: ${placement.message}`;
};
const everywhere = { reference: "arena:latest", nodes: new Set(["a", "b", "c"]) };

describe("the node that is taken", () => {
  it.each([
    ["Packed: the fullest", {}, [node("a", { load: 1 }), node("b", { load: 3 })], "b"],
    [
      "Distributed: the emptiest",
      { scheduling: "Distributed" },
      [node("a", { load: 1 }), node("b", { load: 3 })],
      "a",
    ],
    ["by name when they are equal", {}, [node("b"), node("a")], "a"],
    [
      "not one that the request does not fit",
      { asks: { cpuMilli: 600, memoryBytes: 0 } },
      [node("a", { load: 9, used: { cpuMilli: 1_500, memoryBytes: 0 } }), node("b")],
      "b",
    ],
    [
      "one that is asked for less than everything, also when it is asked for nothing",
      { asks: { cpuMilli: 0, memoryBytes: 0 } },
      [node("a", { load: 9, used: { cpuMilli: 9_999, memoryBytes: 9 * GIB } }), node("b")],
      "a",
    ],
    ["the one asked for", { nodeName: "b" }, [node("a", { load: 9 }), node("b")], "b"],
    [
      "one with the labels",
      { nodeSelector: { zone: "x" } },
      [node("a"), node("b", { labels: { zone: "x" } })],
      "b",
    ],
    [
      "one where the host port is free",
      { hostPorts: [7_777] },
      [node("a"), { ...node("b"), isPortUsed: () => false }],
      "b",
    ],
  ] as const)("is %s", (_, wish, nodes, expected) => {
    expect(chosen({ image: everywhere, ...wish }, ...nodes)).toBe(expected);
  });

  it("is one that has the image: before a fuller one when Packed, of equal ones when Distributed", () => {
    const image = { reference: "arena:latest", nodes: new Set(["b"]) };
    const spread = { image, scheduling: "Distributed" } as const;
    expect(chosen({ image }, node("a", { load: 5 }), node("b"))).toBe("b");
    expect(chosen({ image }, node("a"), node("b", { portsFree: 0 }))).toBe("a");
    expect(chosen(spread, node("a"), node("b"))).toBe("b");
    expect(chosen(spread, node("a"), node("b", { load: 1 }))).toBe("a");
  });

  it("always has room for what is asked, whatever the nodes", () => {
    const nodes = fc.array(fc.record({ load: fc.nat(9), cpu: fc.nat(2_500) }), { maxLength: 20 });
    fc.assert(
      fc.property(nodes, fc.integer({ min: 1, max: 2_500 }), (rows, cpuMilli) => {
        const seen = rows.map(({ load, cpu }, i) =>
          node(`n${i}`, { load, used: { cpuMilli: cpu, memoryBytes: 0 } }),
        );
        const asks = { cpuMilli, memoryBytes: 0 };
        const placement = decidePlacement({ ...WISH, asks }, seen);
        const fits = seen.filter(({ used }) => used.cpuMilli + cpuMilli <= 2_000);
        const names = fits.map((one) => one.node.metadata.name);
        if (placement.node) expect(names).toContain(placement.node.metadata.name);
        else expect(names).toEqual([]);
      }),
    );
  });
});

describe("a refusal", () => {
  it.each([
    [
      "what is left of cpu",
      { asks: { cpuMilli: 250, memoryBytes: 0 } },
      { used: { cpuMilli: 1_900, memoryBytes: 0 } },
      "Unplaceable: a: cpu 250m asked, 0.1 left",
    ],
    [
      "what is left of memory, without what is reserved",
      { asks: { cpuMilli: 0, memoryBytes: GIB } },
      { status: { allocatable: { cpuMilli: 2_000, memoryBytes: GIB / 2 } } },
      "Unplaceable: a: memory 1Gi asked, 512Mi left",
    ],
    ["a cordoned node", {}, { spec: { unschedulable: true } }, "Unplaceable: a: cordoned"],
    [
      "a draining node",
      {},
      { spec: { unschedulable: true, drain: {} } },
      "Unplaceable: a: draining",
    ],
    [
      "a node that is silent",
      {},
      { status: { ready: false, message: "no heartbeat for 10 s" } },
      "Unplaceable: a: not ready (no heartbeat for 10 s)",
    ],
    ["a label", { nodeSelector: { disk: "ssd" } }, {}, "Unplaceable: a: label disk is not ssd"],
    ["another node", { nodeName: "b" }, {}, "Unplaceable: a: not the node asked for (b)"],
    [
      "a full range",
      { rangePorts: 2 },
      { portsFree: 1 },
      "PortRangeFull: a: fewer than 2 free ports in 7000-7009",
    ],
    ["a port in use", { hostPorts: [7_777] }, {}, "PortRangeFull: a: host port 7777 is taken"],
    [
      "a port of the API",
      { hostPorts: [8_700] },
      {},
      "PortRangeFull: a: host port 8700 is taken by the API of this control plane",
    ],
  ] as const)("names %s", (_, wish, given, expected) => {
    expect(chosen(wish, node("a", given))).toBe(expected);
  });

  it("says that no node has the image, and that there is no node", () => {
    const image = { reference: "arena:latest", nodes: new Set<string>() };
    expect(chosen({ image }, node("a"))).toBe("ImageMissing: no node has the image arena:latest");
    expect(chosen({})).toBe("Unplaceable: no node has joined yet");
  });

  it("is short for many nodes: a cause once, with some of their names", () => {
    const cordoned = Array.from({ length: 199 }, (_, i) => ({
      node: `n${i}`,
      because: "Unplaceable" as const,
      why: "cordoned",
    }));
    const full = { node: "vm-1", because: "Unplaceable" as const, why: "cpu 1 asked, 0 left" };
    expect(refusalsText([full, ...cordoned])).toBe(
      "vm-1: cpu 1 asked, 0 left; n0, n1, n2 and 196 more: cordoned",
    );
    const many = cordoned.map((one, i) => ({ ...one, why: `cause ${i}` }));
    expect(refusalsText(many)).toMatch(/^n0: cause 0; .*; n5: cause 5; and 193 more nodes$/);
  });

  it("is the same when only what is left has changed", () => {
    expect(sameCause("a: cpu 1 asked, 500m left", "a: cpu 1 asked, 0.1 left")).toBe(true);
    expect(sameCause("a: cpu 1 asked, 500m left", "a: cpu 2 asked, 500m left")).toBe(false);
    expect(sameCause("a: cordoned", "b: cordoned")).toBe(false);
    expect(sameCause(undefined, "a: cordoned")).toBe(false);
  });
});

describe("ports of a node's range", () => {
  it("are handed out from the cursor on and round again", () => {
    const range = { min: 7000, max: 7003 };
    expect(pickPorts(range, (port) => port === 7003, 7002, 2)).toEqual([7002, 7000]);
    expect(pickPorts(range, () => true, 7000, 1)).toBeUndefined();
  });
  it("are the same number for both halves of a TCPUDP port", () => {
    const port = (name: string) => ({ name, portPolicy: "Dynamic", range: "default" });
    const server = {
      spec: { ports: [port("game-tcp"), port("game-udp"), port("query")] },
    } as unknown as GameServer;
    expect(portGroups(server)).toEqual([["game-tcp", "game-udp"], ["query"]]);
  });
});
