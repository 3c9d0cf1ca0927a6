import { networkInterfaces } from "node:os";
import type { Linux } from "../../runtime/linux/linux.ts";
import { decideAdvertiseAddress, defaultInterfaceOf } from "../advertise-address.ts";
import type { Config } from "../config.ts";

/** The address that players are told: as set, or the one of the way out of this machine. */
export function playersAddress(config: Config, linux: Pick<Linux, "read">): string {
  const rows = Object.entries(networkInterfaces()).map(([name, list]) => {
    const own = (list ?? []).filter(({ family, internal }) => family === "IPv4" && !internal);
    return [name, own.map(({ address }) => address)] as const;
  });
  const defaultInterface = defaultInterfaceOf(linux.read("/proc/net/route") ?? "");
  const host = { byInterface: Object.fromEntries(rows), defaultInterface };
  return decideAdvertiseAddress(config.advertiseAddress, host).address;
}
