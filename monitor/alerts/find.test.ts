import { describe, expect, it } from "vitest";
import { NOT_HEARD, type Node, type NodeStatus } from "../../core/model/node.ts";
import { findInAllocations } from "./find-allocations.ts";
import { findInNodes, type NodeFacts } from "./find-nodes.ts";
import { nodeSilentMsOf } from "./rules.ts";

function facts(status: Partial<NodeStatus>, rest: Partial<NodeFacts> = {}): NodeFacts {
  const metadata = { name: "a", namespace: "", uid: "u", resourceVersion: "1", generation: 1 };
  const heard = { ...NOT_HEARD, ready: true, heartbeatAt: "2026-01-01T00:00:00Z" };
  const node: Node = {
    ...{ apiVersion: "flotilla.dev/v1", kind: "Node", spec: { unschedulable: false } },
    metadata: { ...metadata, creationTimestamp: "2026-01-01T00:00:00Z" },
    status: { ...heard, portRange: { min: 7_000, max: 7_009 }, ...status },
  };
  return { node, silentMs: 0, silentMsMax: 7_500, portsFree: 10, ...rest };
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
    ["silence", facts({}, { silentMs: 7_600 }), ["NodeLost over Node/a 7"]],
    ["no silence that is short yet", facts({}, { silentMs: 7_400 }), []],
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
      { ...none, allocations: of(9), p99Ms: [...of(3, 6), ...of(900, 4)] },
      [],
    ],
    ["too few seconds say nothing", { ...none, p99Ms: [...of(Number.NaN, 6), ...of(900, 4)] }, []],
    [
      "five seconds of the first that ask are enough",
      { ...none, allocations: of(9), p99Ms: [...of(Number.NaN, 5), ...of(900, 5)] },
      ["AllocationSlow over"],
    ],
    [
      "so is half of the window, however fast the other half was",
      { ...none, allocations: of(9), p99Ms: [...of(1, 4), ...of(900, 6)] },
      ["AllocationSlow over"],
    ],
  ])("%s", (_, one, expected) => {
    expect(findInAllocations(one).map(({ rule, level }) => `${rule} ${level}`)).toEqual(expected);
  });

  it("an hour in which every thirtieth second hangs, and each ten minutes three at once, is quiet", () => {
    const isSlow = (second: number): boolean => second % 30 === 0 || second % 600 < 3;
    const p99 = Array.from({ length: 3_600 }, (_, second) => (isSlow(second) ? 400 : 6));
    for (let end = 10; end <= p99.length; end++)
      expect(findInAllocations({ ...none, p99Ms: p99.slice(end - 10, end) })).toEqual([]);
  });
});

describe("the silence that is told of", () => {
  it.each([
    ["is a quarter of the time after which a node is lost", 30, 7.5],
    ["also of a long one", 300, 75],
    ["and no late heartbeat, however short that is", 3, 5],
  ])("%s", (_, lostAfter, expected) => {
    expect(nodeSilentMsOf(lostAfter * 1_000)).toBe(expected * 1_000);
  });
});
