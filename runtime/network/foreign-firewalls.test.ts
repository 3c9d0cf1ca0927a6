import { describe, expect, it } from "vitest";
import {
  findForeignFirewalls,
  foreignFirewallsOf,
  legacyFirewallsOf,
  runProgram,
} from "./foreign-firewalls.ts";

const chain = (table: string, name: string, hook: string, policy: string): object => ({
  chain: { family: "ip", table, name, type: "filter", hook, prio: 0, policy },
});
const rule = (table: string, name: string, ...expr: readonly object[]): object => ({
  rule: { family: "ip", table, chain: name, expr },
});
const ruleset = (...rows: readonly object[]): string =>
  JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...rows] });
const state = { match: { op: "in", left: { ct: { key: "state" } }, right: "established" } };

describe("foreign firewalls", () => {
  it.each([
    [
      "a forward policy of drop, as Docker sets it",
      [chain("filter", "FORWARD", "forward", "drop")],
    ],
    [
      "a last rule that rejects everything, as firewalld has it",
      [
        chain("filter", "FORWARD", "forward", "accept"),
        rule("filter", "FORWARD", state, { accept: null }),
        rule("filter", "FORWARD", { counter: { packets: 0, bytes: 0 } }, { reject: {} }),
      ],
    ],
  ])("are found by %s", (_, rows) => {
    expect(foreignFirewallsOf(ruleset(...rows))).toMatchObject([
      { table: "filter", chain: "FORWARD", hook: "forward" },
    ]);
  });

  it.each([
    ["accept by policy", [chain("filter", "FORWARD", "forward", "accept")]],
    [
      "drop only what matches",
      [
        chain("filter", "FORWARD", "forward", "accept"),
        rule("filter", "FORWARD", state, { drop: null }),
      ],
    ],
    ["are ours", [chain("flotilla_ab12", "forward", "forward", "drop")]],
    ["hang on another hook", [chain("nat", "OUTPUT", "output", "drop")]],
  ])("are not chains that %s", (_, rows) => {
    expect(foreignFirewallsOf(ruleset(...rows))).toEqual([]);
  });

  it("are found in legacy iptables, in the filter table only", () => {
    const save =
      "*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [1:2]\nCOMMIT\n";
    expect(legacyFirewallsOf(save).map(({ hook }) => hook)).toEqual(["forward"]);
  });

  it("say what is dropped and what to do", () => {
    const [found] = legacyFirewallsOf("*filter\n:INPUT DROP [0:0]\nCOMMIT\n");
    expect(found?.sentence).toContain("do not reach the SDK door");
    expect(found?.advice).toContain("9357");
  });

  it("are unknown where neither tool is there", async () => {
    expect(await findForeignFirewalls(async () => undefined)).toBeUndefined();
    expect(await runProgram("/nonexistent/nft", [])).toBeUndefined();
  });
});
