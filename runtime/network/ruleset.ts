import { platformApiAddress } from "../../core/model/platform-api.ts";
import { FleetError } from "../../core/std/errors.ts";
import { ALL_BRIDGES, type KernelNames } from "./names.ts";
import type { ServiceRules } from "./services.ts";

export interface NetworkRules {
  readonly bridge: string;
  readonly gateway: string;
  readonly subnet: string;
  readonly outside: boolean;
}

export interface RulesetParts {
  readonly names: KernelNames;
  /** `loopback`: while the node's own address is one, host ports open on 127.0.0.0/8 only. */
  readonly hostPorts: "loopback" | "everywhere";
  /** TCP ports of the SDK door on each bridge's address. */
  readonly doorPorts: readonly number[];
  readonly networks: readonly NetworkRules[];
  /** Where all services have their addresses; what no rule leads to a replica is refused. */
  readonly servicePool: string;
  readonly services: ServiceRules;
  /** Which source addresses a veth may use, when they must be put back; those of running containers stay otherwise. */
  readonly sources: readonly { readonly veth: string; readonly address: string }[];
}

interface Chain {
  readonly name: string;
  /** Absent for a chain that others jump to. */
  readonly definition?: string;
  readonly rules: readonly string[];
}

/** Host ports lead into containers. What asks for the SDK door is left alone, so that no host port can stand before it. */
function prerouting({ hostPorts, networks, doorPorts }: RulesetParts): Chain {
  const door = networks.map(
    ({ bridge, gateway }) =>
      `iifname "${bridge}" ip daddr ${gateway} tcp dport { ${doorPorts.join(", ")} } accept`,
  );
  const maps = ["udp", "tcp"].map(
    (protocol) => `fib daddr type local dnat ip to ${protocol} dport map @${protocol}_ports`,
  );
  return {
    name: "prerouting",
    definition: "type nat hook prerouting priority -100; policy accept;",
    rules: [
      ...door,
      "jump services",
      ...(hostPorts === "loopback" ? [] : ["fib daddr type local jump service_ports", ...maps]),
    ],
  };
}

/** The same for what the host itself sends to its own addresses. */
function output({ hostPorts }: RulesetParts): Chain {
  const local = hostPorts === "loopback" ? "ip daddr 127.0.0.0/8" : "fib daddr type local";
  return {
    name: "output",
    definition: "type nat hook output priority -100; policy accept;",
    rules: [
      `${local} jump service_ports`,
      ...["udp", "tcp"].map(
        (protocol) => `${local} dnat ip to ${protocol} dport map @${protocol}_ports`,
      ),
    ],
  };
}

/** One chain for services' own addresses, one for their host ports; both are replaced alone when replicas change. */
function serviceChains({ addresses, hostPorts }: ServiceRules): readonly Chain[] {
  return [
    { name: "services", rules: addresses },
    { name: "service_ports", rules: hostPorts },
  ];
}

/** Sources that a container could not answer get the host's address: 127.0.0.1, a neighbour over a host port, outside. */
function postrouting({ names, networks }: RulesetParts): Chain {
  return {
    name: "postrouting",
    definition: "type nat hook postrouting priority 100; policy accept;",
    rules: [
      `ip saddr 127.0.0.0/8 oifname "${names.bridges}*" masquerade`,
      ...networks.map(
        ({ bridge, subnet }) => `ct status dnat oifname "${bridge}" ip saddr ${subnet} masquerade`,
      ),
      ...networks
        .filter(({ outside }) => outside)
        .map(
          ({ subnet }) =>
            `ip saddr ${subnet} oifname != "lo" oifname != "${names.bridges}*" masquerade`,
        ),
    ],
  };
}

/** Closed but for host ports, neighbours on the same bridge, and the way out where it was opened. */
function forward({ names, networks, servicePool }: RulesetParts): Chain {
  return {
    name: "forward",
    definition: "type filter hook forward priority 0; policy accept;",
    rules: [
      `iifname != "${names.bridges}*" oifname != "${names.bridges}*" accept`,
      "ip daddr 169.254.0.0/16 drop",
      "ct state established,related accept",
      `oifname "${names.bridges}*" ct status dnat accept`,
      `iifname "${names.bridges}*" ip daddr ${servicePool} reject`,
      ...networks.map(({ bridge }) => `iifname "${bridge}" oifname "${bridge}" accept`),
      ...networks
        .filter(({ outside }) => outside)
        .map(({ bridge }) => `iifname "${bridge}" oifname != "${ALL_BRIDGES}*" accept`),
      "drop",
    ],
  };
}

/**
 * From a bridge only the SDK door of that bridge can be reached, and the door only from there; and the control plane, by
 * whom a service's rule led there. `route_localnet` would open the host's 127.0.0.0/8 (CVE-2020-8558): beside those, only
 * answers to what the host sent through a host port come in.
 */
function input({ names, networks, doorPorts, servicePool }: RulesetParts): Chain {
  return {
    name: "input",
    definition: "type filter hook input priority 0; policy accept;",
    rules: [
      ...networks.map(
        ({ bridge, gateway }) => `ip daddr ${gateway} iifname != { "lo", "${bridge}" } drop`,
      ),
      `iifname != "${names.bridges}*" accept`,
      `ct status dnat ct original ip daddr ${platformApiAddress(servicePool)} accept`,
      "ip daddr 127.0.0.0/8 ct status dnat ct state established accept",
      "ip daddr 127.0.0.0/8 drop",
      "ct state established,related accept",
      ...networks.map(
        ({ bridge, gateway }) =>
          `iifname "${bridge}" ip daddr ${gateway} tcp dport { ${doorPorts.join(", ")} } accept`,
      ),
      "drop",
    ],
  };
}

/** Each veth passes IPv4 and ARP of its own address only: the SDK door knows a game server by it. */
function antiSpoof({ names }: RulesetParts): Chain {
  return {
    name: "prerouting",
    definition: "type filter hook prerouting priority -300; policy accept;",
    rules: [
      `iifname != "${names.veths}*" accept`,
      "iifname . ip saddr @sources accept",
      "iifname . arp saddr ip @sources accept",
      "drop",
    ],
  };
}

function chainLines(family: string, table: string, chains: readonly Chain[]): string[] {
  return [
    ...chains.map(({ name, definition }) => {
      const chain = `add chain ${family} ${table} ${name}`;
      return definition === undefined ? chain : `${chain} { ${definition} }`;
    }),
    ...chains.map(({ name }) => `flush chain ${family} ${table} ${name}`),
    ...chains.flatMap(({ name, rules }) =>
      rules.map((rule) => `add rule ${family} ${table} ${name} ${rule}`),
    ),
  ];
}

/**
 * The host's whole ruleset as one nft transaction, safe to repeat: rules are replaced, elements of maps and sets stay.
 * The table of family `bridge` is there because only that family sees which veth a packet came from.
 */
export function rulesetOf(parts: RulesetParts): string {
  const { table } = parts.names;
  const made = [prerouting, output, postrouting, forward, input].map((make) => make(parts));
  const chains = [...serviceChains(parts.services), ...made];
  return [
    `add table inet ${table}`,
    `add map inet ${table} udp_ports { type inet_service : ipv4_addr . inet_service; }`,
    `add map inet ${table} tcp_ports { type inet_service : ipv4_addr . inet_service; }`,
    ...chainLines("inet", table, chains),
    `add table bridge ${table}`,
    `add set bridge ${table} sources { type ifname . ipv4_addr; }`,
    ...chainLines("bridge", table, [antiSpoof(parts)]),
    ...parts.sources.map(
      ({ veth, address }) => `add element bridge ${table} sources { "${veth}" . ${address} }`,
    ),
    "",
  ].join("\n");
}

/** What fits into one message to the shim, so that it is one transaction. */
const SERVICE_RULES_BYTES_MAX = 200 * 1024;

/**
 * Replaces what services lead to and nothing else, in one transaction, once the ruleset is installed. EXHAUSTED when a
 * node has more services than that holds: some 60 ports with affinity, or 900 without.
 */
export function serviceRuleset({ table }: KernelNames, services: ServiceRules): string {
  const text = [...chainLines("inet", table, serviceChains(services)), ""].join("\n");
  if (text.length <= SERVICE_RULES_BYTES_MAX) return text;
  const message = `services of this node need ${text.length} bytes of rules`;
  throw new FleetError("EXHAUSTED", `${message}, the most is ${SERVICE_RULES_BYTES_MAX}`);
}

/** How many rules the kernel must hold after `text`: fewer mean that somebody flushed them. */
export function ruleCount(text: string): number {
  return text.split("\n").filter((line) => line.startsWith("add rule ")).length;
}
