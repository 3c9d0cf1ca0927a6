import { describe, expect, it } from "vitest";
import { kernelNames } from "./names.ts";
import { type RulesetParts, ruleCount, rulesetOf } from "./ruleset.ts";

const PARTS: RulesetParts = {
  names: kernelNames("ab12"),
  hostPorts: "everywhere",
  doorPorts: [9357, 9358],
  servicePool: "10.86.0.0/16",
  services: { addresses: ["ip daddr 10.86.0.1 drop"], hostPorts: [] },
  networks: [
    { bridge: "fltab120", gateway: "11.11.11.1", subnet: "11.11.11.0/24", outside: false },
    { bridge: "fltab121", gateway: "10.87.0.1", subnet: "10.87.0.0/22", outside: true },
  ],
  sources: [{ veth: "fvab12a10000000", address: "11.11.11.2" }],
};

/** The rules of one chain, without the words that all of them begin with. */
function rulesOf(text: string, chain: string): string[] {
  const begin = `add rule ${chain} `;
  return text
    .split("\n")
    .filter((line) => line.startsWith(begin))
    .map((line) => line.slice(begin.length));
}

const INET = "inet flotilla_ab12";
const DOOR = "tcp dport { 9357, 9358 } accept";

describe("the host's ruleset", () => {
  const text = rulesetOf(PARTS);

  it("leads host ports into containers, but never what asks for the SDK door", () => {
    expect(rulesOf(text, `${INET} prerouting`)).toEqual([
      `iifname "fltab120" ip daddr 11.11.11.1 ${DOOR}`,
      `iifname "fltab121" ip daddr 10.87.0.1 ${DOOR}`,
      "jump services",
      "fib daddr type local jump service_ports",
      "fib daddr type local dnat ip to udp dport map @udp_ports",
      "fib daddr type local dnat ip to tcp dport map @tcp_ports",
    ]);
    expect(rulesOf(text, `${INET} output`)).toEqual([
      "fib daddr type local jump service_ports",
      "fib daddr type local dnat ip to udp dport map @udp_ports",
      "fib daddr type local dnat ip to tcp dport map @tcp_ports",
    ]);
  });
  it("opens host ports on loopback only when told so", () => {
    const local = rulesetOf({ ...PARTS, hostPorts: "loopback" });
    expect(rulesOf(local, `${INET} prerouting`).join()).not.toMatch(/dnat|service_ports/);
    expect(rulesOf(local, `${INET} output`)).toEqual([
      "ip daddr 127.0.0.0/8 jump service_ports",
      "ip daddr 127.0.0.0/8 dnat ip to udp dport map @udp_ports",
      "ip daddr 127.0.0.0/8 dnat ip to tcp dport map @tcp_ports",
    ]);
  });
  it("gives the host's address to sources that could not be answered otherwise", () => {
    expect(rulesOf(text, `${INET} postrouting`)).toEqual([
      'ip saddr 127.0.0.0/8 oifname "fltab12*" masquerade',
      'ct status dnat oifname "fltab120" ip saddr 11.11.11.0/24 masquerade',
      'ct status dnat oifname "fltab121" ip saddr 10.87.0.0/22 masquerade',
      'ip saddr 10.87.0.0/22 oifname != "lo" oifname != "fltab12*" masquerade',
    ]);
  });
  it("forwards nothing but host ports, neighbours and what was opened", () => {
    expect(rulesOf(text, `${INET} forward`)).toEqual([
      'iifname != "fltab12*" oifname != "fltab12*" accept',
      "ip daddr 169.254.0.0/16 drop",
      "ct state established,related accept",
      'oifname "fltab12*" ct status dnat accept',
      'iifname "fltab12*" ip daddr 10.86.0.0/16 reject',
      'iifname "fltab120" oifname "fltab120" accept',
      'iifname "fltab121" oifname "fltab121" accept',
      'iifname "fltab121" oifname != "flt*" accept',
      "drop",
    ]);
  });
  it("lets nothing from a bridge to the host but to that bridge's SDK door, and what a rule led to the control plane", () => {
    expect(rulesOf(text, `${INET} input`)).toEqual([
      'ip daddr 11.11.11.1 iifname != { "lo", "fltab120" } drop',
      'ip daddr 10.87.0.1 iifname != { "lo", "fltab121" } drop',
      'iifname != "fltab12*" accept',
      "ct status dnat ct original ip daddr 10.86.0.1 accept",
      "ip daddr 127.0.0.0/8 ct status dnat ct state established accept",
      "ip daddr 127.0.0.0/8 drop",
      "ct state established,related accept",
      `iifname "fltab120" ip daddr 11.11.11.1 ${DOOR}`,
      `iifname "fltab121" ip daddr 10.87.0.1 ${DOOR}`,
      "drop",
    ]);
  });
  it("passes from a veth only IPv4 and ARP of its own address", () => {
    expect(rulesOf(text, "bridge flotilla_ab12 prerouting")).toEqual([
      'iifname != "fvab12*" accept',
      "iifname . ip saddr @sources accept",
      "iifname . arp saddr ip @sources accept",
      "drop",
    ]);
    expect(text).toContain(
      'add element bridge flotilla_ab12 sources { "fvab12a10000000" . 11.11.11.2 }',
    );
  });
  it("replaces rules and keeps elements when it is installed again", () => {
    const flushed = text.split("\n").filter((line) => line.startsWith("flush "));
    expect(flushed).toEqual([
      `flush chain ${INET} services`,
      `flush chain ${INET} service_ports`,
      `flush chain ${INET} prerouting`,
      `flush chain ${INET} output`,
      `flush chain ${INET} postrouting`,
      `flush chain ${INET} forward`,
      `flush chain ${INET} input`,
      "flush chain bridge flotilla_ab12 prerouting",
    ]);
    expect(ruleCount(text)).toBe(1 + 6 + 3 + 4 + 9 + 10 + 4);
  });
});
