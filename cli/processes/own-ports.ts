import type { OwnPorts } from "../../fleet/decide/placement.ts";
import { allocatorPlaceOf, hostAndPort } from "../allocator-place.ts";
import type { Config } from "../config.ts";

/** Where the door listens, on the address of each bridge. */
export const DOOR = { grpcPort: 9357, httpPort: 9358 } as const;
const API = "by the API of this control plane";
const ALLOCATION = "by the allocation service of this control plane";
const SDK = "by the SDK of the game servers";

/**
 * The ports that the platform itself listens on. A port map leads away whatever comes to any of a machine's addresses, also
 * what was meant for the API, and what game servers tell the SDK at the address of their bridge. Pure.
 */
export function ownPortsOf(
  config: Pick<Config, "port" | "listen" | "tlsListen" | "allocatorListen">,
): OwnPorts {
  const ports = new Map<number, string>(Object.values(DOOR).map((port) => [port, SDK]));
  const allocator = allocatorPlaceOf(config);
  if (allocator) ports.set(allocator.port, ALLOCATION);
  if (config.tlsListen !== "") ports.set(hostAndPort(config.tlsListen).port, API);
  return ports.set(config.port, API);
}
