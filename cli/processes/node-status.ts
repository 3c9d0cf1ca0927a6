import { statfs } from "node:fs/promises";
import { cpus, networkInterfaces, totalmem } from "node:os";
import type { Address } from "../../core/model/game-server.ts";
import type { NodeCapacity, NodeDisk, NodeStatus } from "../../core/model/node.ts";
import { milliOf, unitsOf } from "../../core/model/quantity.ts";
import type { Config } from "../config.ts";
import { packageVersion } from "../version.ts";
import type { MachineDriver } from "./machine-driver.ts";

/** What this machine's heartbeat says. */
export async function nodeStatusOf(config: Config, machine: MachineDriver): Promise<NodeStatus> {
  const [min = 0, max = 0] = config.portRange.split("-").map(Number);
  const { driver, address } = machine;
  const capacity = { cpuMilli: cpus().length * 1000, memoryBytes: totalmem() };
  const images = [...(await machine.images.list())];
  const networks = machine.addressUse();
  return {
    ready: true,
    heartbeatAt: new Date().toISOString(),
    address,
    addresses: addressesOf(address),
    capacity,
    allocatable: allocatableOf(capacity, pairsOf(config.reserve)),
    labels: Object.fromEntries(pairsOf(config.labels)),
    portRange: { min, max },
    disk: await diskOf(config.state),
    ...(networks.length > 0 ? { networks } : {}),
    driver: driver.name,
    isolation: driver.isolation,
    version: packageVersion(),
    images,
  };
}

/** A heartbeat that says something new is written: what is free is told in steps. */
const DISK_STEPS = 200;

async function diskOf(folder: string): Promise<NodeDisk> {
  const { blocks, bfree, bavail, bsize } = await statfs(folder);
  // As df counts: what is set aside for root is nobody's.
  const total = blocks - bfree + bavail;
  const step = Math.max(1, Math.floor(total / DISK_STEPS));
  return { totalBytes: total * bsize, freeBytes: Math.floor(bavail / step) * step * bsize };
}

/** `a=b,c=d` of a setting, checked when it was read. */
function pairsOf(text: string): (readonly [string, string])[] {
  const words = text === "" ? [] : text.split(",");
  return words.map((word) => {
    const at = word.indexOf("=");
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

function allocatableOf(
  { cpuMilli, memoryBytes }: NodeCapacity,
  reserve: readonly (readonly [string, string])[],
): NodeCapacity {
  const kept = new Map(reserve);
  return {
    cpuMilli: Math.max(0, cpuMilli - (milliOf(kept.get("cpu")) ?? 0)),
    memoryBytes: Math.max(0, memoryBytes - (unitsOf(kept.get("memory")) ?? 0)),
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
