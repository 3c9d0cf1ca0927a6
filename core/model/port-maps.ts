import type { ContainerPort } from "./container.ts";
import type { PortMap } from "./container-plan.ts";
import type { GameServer, GameServerPort } from "./game-server.ts";

/** The host ports of a game server and where they lead; a port whose number is not known yet has none. */
export function gamePortMaps({ spec, status }: GameServer): readonly PortMap[] {
  const seen = new Map<string, number>();
  return spec.ports.flatMap((port) => {
    const nth = seen.get(port.name) ?? 0;
    seen.set(port.name, nth + 1);
    const given = status.ports.filter(({ name }) => name === port.name)[nth]?.port;
    return mapsOf(port, given);
  });
}

/** `given` is the number in the status: the n-th port of a name is the n-th there. */
function mapsOf(port: GameServerPort, given: number | undefined): readonly PortMap[] {
  const { name, portPolicy, protocol } = port;
  if (portPolicy === "None") return [];
  const hostPort = portPolicy === "Static" ? port.hostPort : given;
  const containerPort = portPolicy === "Passthrough" ? hostPort : port.containerPort;
  if (hostPort === undefined || containerPort === undefined) return [];
  const protocols = protocol === "TCPUDP" ? (["tcp", "udp"] as const) : [lower(protocol)];
  return protocols.map((one) => ({ name, protocol: one, hostPort, containerPort }));
}

/** The ports of a Container that are opened on the node. */
export function containerPortMaps(ports: readonly ContainerPort[]): readonly PortMap[] {
  return ports.flatMap(({ name = "", hostPort, containerPort, protocol = "TCP" }) =>
    hostPort === undefined ? [] : [{ name, protocol: lower(protocol), hostPort, containerPort }],
  );
}

function lower(protocol: "UDP" | "TCP"): "udp" | "tcp" {
  return protocol === "UDP" ? "udp" : "tcp";
}
