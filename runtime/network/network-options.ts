import type { PortMap } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { Linux } from "../linux/linux.ts";
import type { NetShim } from "./net-shim.ts";
import type { NetworkState } from "./network-state.ts";

export interface NodeNetworkOptions {
  /** Four hexadecimal digits: part of every name made in the kernel. */
  readonly instance: string;
  readonly shim: NetShim;
  readonly linux: Pick<Linux, "read">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** Where networks without a subnet of their own get one, and how large. */
  readonly pool: string;
  /** Where services have their addresses, on all nodes. */
  readonly servicePool: string;
  readonly subnetPrefix: number;
  readonly networksMax: number;
  readonly mtu: number;
  /** `loopback`: the node's address is one, so host ports open on 127.0.0.0/8 only. */
  readonly hostPorts: "loopback" | "everywhere";
  /** Where the SDK door listens on each bridge's address. */
  readonly door: { readonly grpcPort: number; readonly httpPort: number };
  readonly addressRestMs: number;
  /**
   * How long ports whose owner changed are collected before the kernel forgets their connections: looking through its
   * table costs milliseconds, however few it holds.
   */
  readonly forgetDelayMs: number;
  readonly load: () => Promise<NetworkState | undefined>;
  /**
   * Called with one state at a time; states that came meanwhile are skipped but for the last. A network is used when this
   * has resolved, an address or a port before.
   */
  readonly save: (state: NetworkState) => Promise<void>;
}

export interface NetworkWish {
  readonly namespace: string;
  readonly name: string;
  readonly subnet?: string;
  readonly outside: boolean;
}

export interface NodeBridge {
  readonly bridge: string;
  readonly gateway: string;
  readonly subnet: string;
}

export interface ContainerAddress {
  readonly address: string;
  readonly gateway: string;
}

export type NetworkName = Pick<NetworkWish, "namespace" | "name">;

/** `default/red-blue`: how a network is named in what is kept. */
export function keyOf({ namespace, name }: NetworkName): string {
  return `${namespace}/${name}`;
}

/** What a container has that was found on this node. */
export interface FoundLease {
  readonly id: string;
  /** Its network as `namespace/name`. */
  readonly key: string;
  readonly address: string;
  readonly ports: readonly PortMap[];
}
