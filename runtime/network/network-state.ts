import { EMPTY_IPAM, type IpamState, type NetworkLease } from "./ipam.ts";
import { type KernelNames, vethName } from "./names.ts";
import type { FoundLease } from "./network-options.ts";
import type { PortLead } from "./port-maps.ts";
import type { ServiceLead } from "./services.ts";

/** What the agent keeps of this node's networks, as JSON. */
export interface NetworkState {
  readonly ipam: IpamState;
  /** Container id → the host ports that lead to it. */
  readonly ports: { readonly [containerId: string]: readonly PortLead[] };
  /** Kept so that services go on unchanged until an agent that starts knows more. */
  readonly services: readonly ServiceLead[];
}

export const EMPTY_NETWORK_STATE: NetworkState = {
  ipam: EMPTY_IPAM,
  ports: {},
  services: [],
};

export interface ContainerLease {
  readonly key: string;
  readonly network: NetworkLease;
  readonly address: string;
}

export function leaseOf(state: NetworkState, containerId: string): ContainerLease | undefined {
  for (const [key, network] of Object.entries(state.ipam.networks)) {
    const address = network.addresses[containerId];
    if (address !== undefined) return { key, network, address };
  }
  return undefined;
}

/** Which veth may speak from which address, for all containers that have one. */
export function wantedSources(
  state: NetworkState,
  names: KernelNames,
): { readonly veth: string; readonly address: string }[] {
  return Object.values(state.ipam.networks).flatMap(({ addresses }) =>
    Object.entries(addresses).map(([id, address]) => ({ veth: vethName(names, id), address })),
  );
}

export function wantedPorts(state: NetworkState): PortLead[] {
  return Object.values(state.ports).flat();
}

export function withPorts(
  state: NetworkState,
  containerId: string,
  leads: readonly PortLead[],
): NetworkState {
  const { [containerId]: _before, ...others } = state.ports;
  return { ...state, ports: leads.length > 0 ? { ...others, [containerId]: leads } : others };
}

/**
 * What was kept, brought to what was found: a container's own record is written before anything of it is in the kernel,
 * the network's a moment later. A network that is not kept has no bridge either, so none of its containers lives.
 */
export function withFound(state: NetworkState, found: readonly FoundLease[]): NetworkState {
  let next = state;
  for (const one of found) next = withLease(next, one);
  return next;
}

function withLease(state: NetworkState, { id, key, address, ports }: FoundLease): NetworkState {
  const network = state.ipam.networks[key];
  if (!network) return state;
  const others = Object.entries(network.addresses).filter(([, taken]) => taken !== address);
  const addresses = { ...Object.fromEntries(others), [id]: address };
  const networks = { ...state.ipam.networks, [key]: { ...network, addresses } };
  const leads = ports.map(({ protocol, hostPort, containerPort }) => {
    return { protocol, hostPort, address, containerPort };
  });
  return withPorts({ ...state, ipam: { ...state.ipam, networks } }, id, leads);
}
