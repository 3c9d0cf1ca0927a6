import { describe, expect, it } from "vitest";
import { kernelNames } from "./names.ts";
import { serviceRuleset } from "./ruleset.ts";
import { type ServiceLead, serviceRules, slotOwners, udpConnections } from "./services.ts";

const WEB: ServiceLead = {
  network: "default/default",
  address: "10.86.0.1",
  protocol: "tcp",
  port: 80,
  hostPort: 8080,
  targetPort: 3000,
  isSticky: false,
  replicas: ["10.87.0.2", "10.87.0.3"],
};
const bridgeOf = (network: string): string | undefined =>
  network === "default/default" ? "fltab120" : undefined;
const [A, B, C] = ["10.87.0.2", "10.87.0.3", "10.87.0.4"] as const;

describe("rules of services", () => {
  const spread =
    "dnat ip to numgen random mod 2 map { 0 : 10.87.0.2 . 3000, 1 : 10.87.0.3 . 3000 }";

  it("lead the address, from its own network only, and the host port to every replica alike", () => {
    const address = 'iifname "fltab120" ip daddr 10.86.0.1 tcp dport 80';
    // The second for what finds the map empty, in the moment in which the kernel takes these rules away.
    const one = "dnat ip to 10.87.0.2:3000";
    expect(serviceRules([WEB], bridgeOf)).toEqual({
      addresses: [`${address} ${spread}`, `${address} ${one}`],
      hostPorts: [`tcp dport 8080 ${spread}`, `tcp dport 8080 ${one}`],
    });
  });
  it("lead only the sources that are named, where any are", () => {
    const [rule] = serviceRules(
      [{ ...WEB, sources: ["10.87.0.9", "10.87.0.8"] }],
      bridgeOf,
    ).addresses;
    expect(rule).toContain(
      'iifname "fltab120" ip saddr { 10.87.0.9, 10.87.0.8 } ip daddr 10.86.0.1',
    );
  });
  it("are none for a port without replicas, or whose network is not on this node", () => {
    const nowhere = { ...WEB, network: "default/other" };
    const { hostPort: _, ...inside } = WEB;
    expect(serviceRules([{ ...WEB, replicas: [] }], bridgeOf).hostPorts).toEqual([]);
    expect(serviceRules([nowhere], bridgeOf).addresses).toEqual([]);
    expect(serviceRules([inside], bridgeOf).hostPorts).toEqual([]);
  });
  it("lead a source by a hash whose seed does not change", () => {
    const [rule] = serviceRules([{ ...WEB, isSticky: true }], bridgeOf).hostPorts;
    expect(rule).toMatch(
      /^tcp dport 8080 dnat ip to jhash ip saddr mod 128 seed 0x666c7431 map \{ 0 : /,
    );
    expect(rule?.match(/ : /g)).toHaveLength(128);
  });
  it("are refused when they are more than one transaction holds", () => {
    const many = Array.from({ length: 100 }, () => ({ ...WEB, isSticky: true }));
    const rules = serviceRules(many, bridgeOf);
    expect(() => serviceRuleset(kernelNames("ab12"), rules)).toThrow(/bytes of rules, the most is/);
  });
});

describe("slots of a sticky service", () => {
  it("are divided so that nobody has more than twice another's part", () => {
    for (const replicas of [
      [A, B],
      [A, B, C],
    ]) {
      const owners = slotOwners(replicas);
      const parts = replicas.map((one) => owners.filter((owner) => owner === one).length);
      expect(Math.max(...parts)).toBeLessThan(2 * Math.min(...parts));
    }
  });
  it("stay with their replica when another one comes or goes", () => {
    const two = slotOwners([A, B]);
    const three = slotOwners([A, B, C]);
    expect(three.every((owner, slot) => owner === C || owner === two[slot])).toBe(true);
    expect(three.filter((owner) => owner === C).length).toBeGreaterThan(20);
  });
});

it("forgets UDP connections of one network only, and keeps those to replicas that are there", () => {
  const dns = { ...WEB, protocol: "udp", port: 53, hostPort: 5353, replicas: [A] } as const;
  const other = { ...dns, network: "default/other", hostPort: 5454, replicas: [B] };
  const found = udpConnections([WEB, dns, other], "default/default");
  expect(found.map((port) => port.map(({ hostPort, address }) => [hostPort, address]))).toEqual([
    [
      [53, undefined],
      [53, A],
      [53, B],
    ],
    [
      [5353, undefined],
      [5353, A],
    ],
  ]);
  expect(udpConnections([WEB], "default/default")).toEqual([]);
});
