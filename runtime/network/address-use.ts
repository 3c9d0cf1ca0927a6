import type { NodeNetworkUse } from "../../core/model/node.ts";
import type { AddressRest, IpamState } from "./ipam.ts";
import { parseSubnet, sizeOf } from "./ipv4.ts";

/** A heartbeat that says something new is written: shares are told in steps. */
const STEP_PERCENT = 5;
/** The network's own, its bridge's and its broadcast address. */
const OWN_ADDRESSES = 3;

/** How full the networks of this node are. Addresses that rest count: nobody gets them. Pure. */
export function addressUseOf(
  { networks }: IpamState,
  { now, restMs }: AddressRest,
): NodeNetworkUse[] {
  return Object.entries(networks).map(([key, { subnet, addresses, resting }]) => {
    const size = Math.max(1, sizeOf(parseSubnet(subnet)) - OWN_ADDRESSES);
    const resters = Object.values(resting).filter((since) => now - since < restMs);
    const used = Object.keys(addresses).length + resters.length;
    const percent = Math.min(100, Math.floor((used * 100) / size / STEP_PERCENT) * STEP_PERCENT);
    return { network: key, subnet, addresses: size, usedPercent: percent };
  });
}
