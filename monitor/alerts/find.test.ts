import { describe, expect, it } from "vitest";
import { NOT_HEARD, type Node, type NodeStatus } from "../../core/model/node.ts";
import { findInAllocations } from "./find-allocations.ts";
import { findInNodes, type NodeFacts } from "./find-nodes.ts";

function facts(status: Partial<NodeStatus>, rest: Partial<NodeFacts> = {}): NodeFacts {
  const metadata = { name: "a", namespace: "", uid: "u", resourceVersion: "1", generation: 1 };
  const heard = { ...NOT_HEARD, ready: true, heartbeatAt: "2026-01-01T00:00:00Z" };
  const node: Node = {
    ...{ apiVersion: "flotilla.dev/v1", kind: "Node", spec: { unschedulable: false } },
    metadata: { ...metadata, creationTimestamp: "2026-01-01T00:00:00Z" },
    status: { ...heard, portRange: { min: 7_000, max: 7_009 }, ...status },
  };
  return { node, silentMs: 0, portsFree: 10, ...rest };
}
const disk = (freePercent: number) => ({
  disk: { totalBytes: 1_000, freeBytes: freePercent * 10 },
});
const network = (usedPercent: number) => ({
  networks: [{ network: "default/small", subnet: "10.1.0.0/29", addresses: 5, usedPercent }],
});

describe("what is found in nodes", () => {
  it.each([
    ["nothing in one that is well", facts({ ...disk(50), ...network(40) }), []],
    [
      "nothing in one that never came",
      facts({ heartbeatAt: NOT_HEARD.heartbeatAt, ready: false }, { silentMs: 99_000 }),
      [],
    ],
    ["a full disk", facts(disk(9)), ["DiskNearlyFull over Node/a 91"]],
    ["one between the bounds", facts(disk(12)), ["DiskNearlyFull between Node/a 88"]],
    ["ports that run out", facts({}, { portsFree: 1 }), ["PortsExhausted over Node/a 90"]],
    ["addresses that run out", facts(network(100)), ["AddressesExhausted over Network/small 100"]],
    ["silence", facts({}, { silentMs: 7_200 }), ["NodeLost over Node/a 7"]],
    [
      "a lost node, and nothing else of it",
      facts({ ready: false, lost: true, ...disk(1) }),
      ["NodeLost over Node/a 0"],
    ],
    [
      "one that is heard again and not trusted yet",
      facts({ ready: false }),
      ["NodeLost between Node/a 0"],
    ],
  ])("%s", (_, one, expected) => {
    const found = findInNodes([one]).map(
      ({ rule, level, subject, value }) =>
        `${rule} ${level} ${subject.kind}/${subject.name} ${value}`,
    );
    expect(found).toEqual(expected);
  });
});

describe("what is found in allocations", () => {
  const of = (one: number, count = 30): number[] => Array.from({ length: count }, () => one);
  const none = { allocations: of(0), refused: of(0), p99Ms: of(Number.NaN) };
  it.each([
    ["nothing when nobody asks", none, []],
    ["nothing when all are served fast", { ...none, allocations: of(9), p99Ms: of(3) }, []],
    ["refusals", { ...none, refused: [...of(0, 29), 5] }, ["AllocationFailures over"]],
    [
      "a few among many are bearable",
      { ...none, allocations: of(100), refused: [...of(0, 29), 9] },
      ["AllocationFailures between"],
    ],
    ["slow ones", { ...none, allocations: of(9), p99Ms: of(150) }, ["AllocationSlow over"]],
    [
      "a few slow seconds are none",
      { ...none, allocations: of(9), p99Ms: [...of(3, 26), ...of(900, 4)] },
      [],
    ],
    ["too few seconds say nothing", { ...none, p99Ms: [...of(Number.NaN, 25), ...of(900, 5)] }, []],
  ])("%s", (_, one, expected) => {
    expect(findInAllocations(one).map(({ rule, level }) => `${rule} ${level}`)).toEqual(expected);
  });
});
