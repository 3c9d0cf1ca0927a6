import { isIPv4 } from "node:net";
import { type PlatformApiPlace, platformApiAddress } from "../../core/model/platform-api.ts";
import { isLoopback } from "../advertise-address.ts";
import type { Config } from "../config.ts";

/**
 * Where this machine's containers find the control plane; undefined where it is on another one, which they cannot reach
 * and whose certificate they do not know. Pure.
 */
export function platformApiPlace(
  { api, servicePool }: Pick<Config, "api" | "servicePool">,
  own: readonly string[],
): PlatformApiPlace | undefined {
  const { protocol, hostname, port } = new URL(api);
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  const address = platformApiAddress(servicePool);
  const isHere = isIPv4(host) && (isLoopback(host) || own.includes(host));
  if (protocol !== "http:" || !isHere || address === undefined) return undefined;
  return { address, host, hostPort: Number(port || 80) };
}
