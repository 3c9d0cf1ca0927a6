import { FleetError } from "../../core/std/errors.ts";
import { type HostRoute, takenBy } from "./host-routes.ts";
import {
  contains,
  formatAddress,
  formatSubnet,
  overlap,
  parseAddress,
  parseSubnet,
  type Subnet,
  sizeOf,
} from "./ipv4.ts";

/** One network of this node and who has which of its addresses. */
export interface NetworkLease {
  readonly subnet: string;
  readonly outside: boolean;
  /** Makes the bridge's name; the smallest number that was free. */
  readonly number: number;
  /** Container id → address. */
  readonly addresses: { readonly [containerId: string]: string };
  /** Addresses that rest before somebody else gets them, and since when (milliseconds since 1970). */
  readonly resting: { readonly [address: string]: number };
  /** The address last given out: the next one is searched behind it. */
  readonly last: string;
}

/** A plain value: the agent keeps it as JSON. Keys are `namespace/name`. */
export interface IpamState {
  readonly networks: { readonly [key: string]: NetworkLease };
}

export const EMPTY_IPAM: IpamState = { networks: {} };

export interface SubnetWish {
  readonly key: string;
  readonly subnet?: string;
  readonly outside: boolean;
}

export interface SubnetLimits {
  readonly pool: string;
  /** Size of a network that names no subnet. */
  readonly prefix: number;
  readonly hostRoutes: readonly HostRoute[];
  readonly networksMax: number;
}

const PREFIX_MIN = 8;
const PREFIX_MAX = 30;

function networkOf(state: IpamState, key: string): NetworkLease {
  const network = state.networks[key];
  if (!network) throw new FleetError("NOT_FOUND", `network ${key} is not on this node`, { key });
  return network;
}

function withNetwork(state: IpamState, key: string, network: NetworkLease): IpamState {
  return { ...state, networks: { ...state.networks, [key]: network } };
}

/** The first address of a subnet is its bridge's: containers find the host and the SDK there. */
export function gatewayOf(subnet: string): string {
  return formatAddress(parseSubnet(subnet).base + 1);
}

function checkWished(text: string, state: IpamState, hostRoutes: readonly HostRoute[]): Subnet {
  const subnet = parseSubnet(text);
  if (subnet.prefix < PREFIX_MIN || subnet.prefix > PREFIX_MAX)
    throw new FleetError("INVALID", `${text} must be from /${PREFIX_MIN} to /${PREFIX_MAX}`);
  const route = takenBy(subnet, hostRoutes);
  if (route)
    throw new FleetError(
      "FAILED_PRECONDITION",
      `subnet ${text} overlaps ${formatSubnet(route.subnet)} of ${route.interface} on this node`,
    );
  for (const [key, other] of Object.entries(state.networks))
    if (overlap(subnet, parseSubnet(other.subnet)))
      throw new FleetError(
        "FAILED_PRECONDITION",
        `subnet ${text} overlaps ${other.subnet} of network ${key}`,
      );
  return subnet;
}

function pickSubnet(state: IpamState, { pool, prefix, hostRoutes }: SubnetLimits): Subnet {
  const whole = parseSubnet(pool);
  const taken = Object.values(state.networks).map(({ subnet }) => parseSubnet(subnet));
  const step = 2 ** (32 - prefix);
  for (let base = whole.base; base + step <= whole.base + sizeOf(whole); base += step) {
    const subnet = { base, prefix };
    if (!takenBy(subnet, hostRoutes) && !taken.some((other) => overlap(subnet, other)))
      return subnet;
  }
  const route = takenBy(whole, hostRoutes);
  const because = route
    ? `; ${route.interface} of this node has ${formatSubnet(route.subnet)}`
    : "";
  throw new FleetError(
    "EXHAUSTED",
    `address pool ${pool} has no free /${prefix} for another network${because}`,
  );
}

/** Gives a network its subnet, or finds the one that it has. One whose wished subnet changed must be empty. */
export function takeSubnet(state: IpamState, wish: SubnetWish, limits: SubnetLimits): IpamState {
  const { key, outside } = wish;
  const present = state.networks[key];
  const stays = present && (wish.subnet === undefined || wish.subnet === present.subnet);
  if (stays)
    return present.outside === outside ? state : withNetwork(state, key, { ...present, outside });
  const held = Object.keys(present?.addresses ?? {}).length;
  if (present && held > 0)
    throw new FleetError(
      "FAILED_PRECONDITION",
      `network ${key} cannot change from ${present.subnet} to ${wish.subnet} while ${held} containers use it`,
    );
  const others = dropNetwork(state, key);
  const numbers = new Set(Object.values(others.networks).map(({ number }) => number));
  if (numbers.size >= limits.networksMax)
    throw new FleetError("EXHAUSTED", `this node has ${numbers.size} networks, which is the most`);
  let number = 0;
  while (numbers.has(number)) number++;
  const subnet = wish.subnet
    ? checkWished(wish.subnet, others, limits.hostRoutes)
    : pickSubnet(others, limits);
  return withNetwork(others, key, {
    subnet: formatSubnet(subnet),
    outside,
    number,
    addresses: {},
    resting: {},
    last: formatAddress(subnet.base + 1),
  });
}

export function dropNetwork(state: IpamState, key: string): IpamState {
  const { [key]: _dropped, ...networks } = state.networks;
  return { ...state, networks };
}

export interface AddressWish {
  readonly key: string;
  readonly containerId: string;
  readonly address?: string;
}

export interface AddressRest {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long a freed address waits, so that nobody's late packets reach its next owner. */
  readonly restMs: number;
}

function checkFixed(network: NetworkLease, { key, containerId, address }: AddressWish): string {
  const subnet = parseSubnet(network.subnet);
  const number = parseAddress(address ?? "");
  if (number === undefined || !contains(subnet, number))
    throw new FleetError("INVALID", `address ${address} is outside ${network.subnet} of ${key}`);
  if (number <= subnet.base + 1 || number === subnet.base + sizeOf(subnet) - 1)
    throw new FleetError("INVALID", `address ${address} of ${key} is the network's own`);
  const owner = Object.entries(network.addresses).find(([, taken]) => taken === address)?.[0];
  if (owner !== undefined && owner !== containerId)
    throw new FleetError("ALREADY_EXISTS", `address ${address} of ${key} belongs to ${owner}`);
  return formatAddress(number);
}

function pickAddress(network: NetworkLease, key: string, { now, restMs }: AddressRest): string {
  const subnet = parseSubnet(network.subnet);
  const taken = new Set(Object.values(network.addresses));
  const count = sizeOf(subnet) - 3;
  const last = (parseAddress(network.last) ?? subnet.base + 1) - subnet.base - 2;
  for (let step = 1; step <= count; step++) {
    const address = formatAddress(subnet.base + 2 + ((last + step + count) % count));
    const freedAt = network.resting[address];
    if (!taken.has(address) && (freedAt === undefined || now - freedAt >= restMs)) return address;
  }
  throw new FleetError(
    "EXHAUSTED",
    `network ${key} has no free address in ${network.subnet}: ${taken.size} in use, the others rest`,
  );
}

/** Gives a container its address in a network, or finds the one that it has. */
export function takeAddress(state: IpamState, wish: AddressWish, rest: AddressRest): IpamState {
  const network = networkOf(state, wish.key);
  const present = network.addresses[wish.containerId];
  if (present !== undefined && (wish.address === undefined || wish.address === present))
    return state;
  const address =
    wish.address === undefined ? pickAddress(network, wish.key, rest) : checkFixed(network, wish);
  const { [address]: _rested, ...resting } = network.resting;
  return withNetwork(state, wish.key, {
    ...network,
    addresses: { ...network.addresses, [wish.containerId]: address },
    resting,
    last: wish.address === undefined ? address : network.last,
  });
}

/** Takes back every address of a container; they rest from `now` on. Addresses that rested enough are forgotten. */
export function freeAddress(state: IpamState, containerId: string, rest: AddressRest): IpamState {
  const networks = Object.entries(state.networks).map(([key, network]) => {
    const { [containerId]: address, ...addresses } = network.addresses;
    if (address === undefined) return [key, network] as const;
    const still = Object.entries(network.resting).filter(([, at]) => rest.now - at < rest.restMs);
    const resting = { ...Object.fromEntries(still), [address]: rest.now };
    return [key, { ...network, addresses, resting }] as const;
  });
  return { ...state, networks: Object.fromEntries(networks) };
}
