import { FleetError } from "../../core/std/errors.ts";
import type { Field } from "../shim/message.ts";
import { TAG } from "../shim/protocol.ts";
import type { PortLead } from "./port-maps.ts";

/** What the shim found of this instance in the kernel. */
export interface KernelState {
  readonly bridges: readonly {
    readonly name: string;
    readonly address: string;
    readonly prefix: number;
    readonly up: boolean;
  }[];
  readonly veths: readonly { readonly name: string; readonly bridge: string }[];
  readonly sources: readonly { readonly veth: string; readonly address: string }[];
  readonly ports: readonly PortLead[];
  readonly rules: number;
}

/** Reads the reply of NET_STATE: a text per tag, a line per object (runtime/shim/net_state.h). */
export function kernelStateOf(fields: readonly Field[]): KernelState {
  const dataOf = (tag: number): Buffer => {
    const field = fields.find((one) => one.tag === tag);
    if (!field) throw new FleetError("INTERNAL", `the shim's network state lacks field ${tag}`);
    return field.data;
  };
  const rowsOf = (tag: number): string[][] =>
    dataOf(tag)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" "));
  return {
    bridges: rowsOf(TAG.NET_BRIDGE).map(([name = "", address = "", prefix, up]) => ({
      name,
      address,
      prefix: Number(prefix),
      up: up === "up",
    })),
    veths: rowsOf(TAG.NET_VETH).map(([name = "", bridge = ""]) => ({ name, bridge })),
    sources: rowsOf(TAG.NET_SOURCE).map(([veth = "", address = ""]) => ({ veth, address })),
    ports: rowsOf(TAG.NET_PORT).map(([protocol, hostPort, address = "", containerPort]) => ({
      protocol: protocol === "tcp" ? "tcp" : "udp",
      hostPort: Number(hostPort),
      address,
      containerPort: Number(containerPort),
    })),
    rules: Number(dataOf(TAG.NET_TABLE).readBigUInt64LE(0)),
  };
}
