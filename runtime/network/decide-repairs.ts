import { gatewayOf, type NetworkLease } from "./ipam.ts";
import { parseSubnet } from "./ipv4.ts";
import type { KernelState } from "./kernel-state.ts";
import { bridgeName, type KernelNames, vethName } from "./names.ts";
import { type NetworkState, wantedPorts, wantedSources } from "./network-state.ts";
import { decidePortMaps, type PortChanges } from "./port-maps.ts";

export interface BridgeRepair {
  readonly key: string;
  readonly network: NetworkLease;
  /** Veths of its containers that are no longer its ports. */
  readonly veths: readonly string[];
}

export interface Repairs {
  readonly bridges: readonly BridgeRepair[];
  /** Whether the ruleset must be installed again, and the source addresses that it must put back. */
  readonly table: boolean;
  readonly sources: readonly { readonly veth: string; readonly address: string }[];
  readonly ports: PortChanges;
  /** Veths, or rights to speak of veths, that belong to no container which has an address. */
  readonly strays: readonly string[];
}

function bridgeRepair(
  [key, network]: readonly [string, NetworkLease],
  names: KernelNames,
  found: KernelState,
): BridgeRepair[] {
  const name = bridgeName(names, network.number);
  const present = found.bridges.find((bridge) => bridge.name === name);
  const isRight =
    present?.up &&
    present.address === gatewayOf(network.subnet) &&
    present.prefix === parseSubnet(network.subnet).prefix;
  const members = new Set(Object.keys(network.addresses).map((id) => vethName(names, id)));
  const astray = found.veths.filter((veth) => veth.bridge !== name && members.has(veth.name));
  if (isRight && astray.length === 0) return [];
  return [{ key, network, veths: astray.map((veth) => veth.name) }];
}

/** What of the wanted networks the kernel has lost: somebody flushed a table, removed a bridge, or the machine started. */
export function decideRepairs(
  wanted: NetworkState,
  names: KernelNames,
  rulesWanted: number,
  found: KernelState,
): Repairs {
  const present = new Set(found.sources.map(({ veth, address }) => `${veth} ${address}`));
  const allowed = wantedSources(wanted, names);
  const sources = allowed.filter(({ veth, address }) => !present.has(`${veth} ${address}`));
  const owned = new Set(allowed.map(({ veth }) => veth));
  const seen = [...found.veths.map(({ name }) => name), ...found.sources.map(({ veth }) => veth)];
  return {
    bridges: Object.entries(wanted.ipam.networks).flatMap((one) => bridgeRepair(one, names, found)),
    table: found.rules !== rulesWanted || sources.length > 0,
    sources,
    ports: decidePortMaps(wantedPorts(wanted), found.ports),
    strays: [...new Set(seen.filter((veth) => !owned.has(veth)))],
  };
}

/** Repairs in words. */
export function sentencesOf(
  { bridges, table, sources, ports }: Repairs,
  names: KernelNames,
): string[] {
  const made = bridges.map(
    ({ key, network }) => `bridge ${bridgeName(names, network.number)} of network ${key} was made`,
  );
  if (table) made.push(`table ${names.table} was installed with ${sources.length} addresses`);
  if (ports.flush.length > 0)
    made.push(`${ports.add.length} host ports were opened and ${ports.delete.length} closed`);
  return made;
}
