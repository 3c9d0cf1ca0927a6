import type { FieldIn } from "../shim/message.ts";
import { OP, TAG } from "../shim/protocol.ts";
import type { NetShim } from "./net-shim.ts";
import type { HostPort } from "./port-maps.ts";

/** The shim takes no more ports, or containers, in one message. */
export const ITEMS_PER_MESSAGE_MAX = 500;

export interface BridgeWish {
  readonly name: string;
  readonly gateway: string;
  readonly prefix: number;
  readonly mtu: number;
  /** Veths that have lost their bridge and belong to it. */
  readonly veths: readonly string[];
}

export async function ensureBridge(shim: NetShim, bridge: BridgeWish): Promise<void> {
  await shim.net(OP.NET_BRIDGE, [
    [TAG.NET_BRIDGE, bridge.name],
    [TAG.NET_ADDRESS, bridge.gateway],
    [TAG.NET_PREFIX, bridge.prefix],
    [TAG.NET_MTU, bridge.mtu],
    ...bridge.veths.map((veth): FieldIn => [TAG.NET_VETH, veth]),
  ]);
}

function portField({ protocol, hostPort, address, containerPort }: HostPort): FieldIn {
  const key: readonly FieldIn[] = [
    [TAG.NET_PROTOCOL, protocol],
    [TAG.NET_HOST_PORT, hostPort],
  ];
  const leads = address !== undefined && containerPort !== undefined;
  const lead: readonly FieldIn[] = leads
    ? [
        [TAG.NET_ADDRESS, address],
        [TAG.NET_CONTAINER_PORT, containerPort],
      ]
    : [];
  return [TAG.NET_PORT, [...key, ...lead]];
}

/** Sends NET_PORTS_ADD, NET_PORTS_DELETE or NET_CONNTRACK_FLUSH for any number of ports. */
export async function sendPorts(
  shim: NetShim,
  op: number,
  ports: readonly HostPort[],
): Promise<void> {
  for (let at = 0; at < ports.length; at += ITEMS_PER_MESSAGE_MAX)
    await shim.net(op, ports.slice(at, at + ITEMS_PER_MESSAGE_MAX).map(portField));
}

/** Removes veths and rights to speak of containers whose ids begin with these digits; many cost as much as one. */
export async function detach(shim: NetShim, ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += ITEMS_PER_MESSAGE_MAX)
    await shim.net(
      OP.NET_DETACH,
      ids.slice(at, at + ITEMS_PER_MESSAGE_MAX).map((id): FieldIn => [TAG.ID, id]),
    );
}
