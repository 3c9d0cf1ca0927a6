import type { Readable } from "node:stream";
import type { NodeNetworkUse } from "../../core/model/node.ts";
import type { PlatformApiPlace } from "../../core/model/platform-api.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { SdkPeers } from "../../runtime/agent/sdk-peers.ts";
import type { ContainerDriver } from "../../runtime/container/driver.ts";
import type { FetchingOptions } from "../../runtime/image/fetching-image-store.ts";
import type { ImageStore } from "../../runtime/image/image-store.ts";
import type { LinkCache } from "../../runtime/link/link-cache.ts";
import type { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { ServiceLead } from "../../runtime/network/services.ts";
import type { Config } from "../config.ts";
import { openProcessMachine } from "./process-machine.ts";
import { openShimMachine, whyNoShim } from "./shim-machine.ts";

/** What makes containers on this machine, with what it needs to keep doing so. */
export interface MachineDriver extends AsyncDisposable {
  readonly driver: ContainerDriver;
  readonly images: ImageStore;
  /** Bytes of a blob that is here, for other machines. */
  readonly blob: (digest: string) => Promise<Readable>;
  /** What players are told. */
  readonly address: string;
  /** Where containers that may reach the control plane are led; undefined where none can. */
  readonly platformApi: PlatformApiPlace | undefined;
  /** How full its networks are; empty where containers have none of their own. */
  addressUse(): readonly NodeNetworkUse[];
  /** Has the kernel lead services to these replicas, and to nothing else. */
  setServices(leads: readonly ServiceLead[]): Promise<void>;
  /** Its own loops, until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends what it started beside containers; they have ended by now. */
  end(): Promise<void>;
}

export interface MachineParts {
  readonly config: Config;
  /** The state folder, absolute. */
  readonly path: string;
  readonly instance: string;
  readonly linux: HostLinux;
  readonly cache: LinkCache;
  readonly peers: SdkPeers;
  /** Where images come from that this machine does not have. */
  readonly imageSource: Omit<FetchingOptions, "local">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The driver that the configuration asks for; `auto` isolates where this machine can, and says loudly where not. */
export async function openMachineDriver(parts: MachineParts): Promise<MachineDriver> {
  const { config, logger } = parts;
  if (config.driver === "shim") return await openShimMachine(parts);
  const why = config.driver === "process" ? "it was asked for" : whyNoShim(config);
  if (why === undefined) return await openShimMachine(parts);
  logger.warn({ because: why }, "the process driver runs: nothing is isolated");
  return await openProcessMachine(parts);
}
