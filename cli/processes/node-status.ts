import { cpus, networkInterfaces, totalmem } from "node:os";
import type { Address } from "../../core/model/game-server.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import type { Config } from "../config.ts";
import { packageVersion } from "../version.ts";
import type { MachineDriver } from "./machine-driver.ts";

/** What this machine's heartbeat says. */
export async function nodeStatusOf(config: Config, machine: MachineDriver): Promise<NodeStatus> {
  const [min = 0, max = 0] = config.portRange.split("-").map(Number);
  const { driver, address } = machine;
  const images = [...(await machine.images.list())];
  return {
    ready: true,
    heartbeatAt: new Date().toISOString(),
    address,
    addresses: addressesOf(address),
    capacity: { cpuMilli: cpus().length * 1000, memoryBytes: totalmem() },
    portRange: { min, max },
    driver: driver.name,
    isolation: driver.isolation,
    version: packageVersion(),
    images,
  };
}

/** The address that players are told first, then the machine's others. */
function addressesOf(first: string): Address[] {
  const others = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && address !== first)
    .map(({ address }) => ({ type: "InternalIP", address }));
  return [{ type: "ExternalIP", address: first }, ...others];
}
