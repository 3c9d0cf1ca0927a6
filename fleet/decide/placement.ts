import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import type { Node } from "../../core/model/node.ts";
import type { Labels } from "../../core/model/resource.ts";

/** A node as placing sees it. */
export interface NodeSeen {
  readonly node: Node;
  /** GameServers and Containers that are there or on their way. */
  readonly load: number;
}
export interface Wish {
  readonly scheduling: Scheduling;
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
}
export type Placement =
  | { readonly node: Node }
  | { readonly node?: undefined; readonly message: string };

/** The node to take: Packed the fullest, Distributed the emptiest, then by name; or what was missing on which node. */
export function decidePlacement(wish: Wish, nodes: readonly NodeSeen[]): Placement {
  const refusals = nodes.map((seen) => ({ seen, why: refusal(wish, seen.node) }));
  const fit = refusals.filter(({ why }) => why === undefined).map(({ seen }) => seen);
  const sign = wish.scheduling === "Packed" ? -1 : 1;
  const [first] = fit.sort(
    (a, b) => sign * (a.load - b.load) || (a.node.metadata.name < b.node.metadata.name ? -1 : 1),
  );
  if (first) return { node: first.node };
  if (nodes.length === 0) return { message: "no node has joined yet" };
  const words = refusals.map(({ seen, why }) => `${seen.node.metadata.name}: ${why}`);
  return { message: words.slice(0, REFUSALS_MAX).join("; ") };
}
const REFUSALS_MAX = 10;

function refusal(wish: Wish, node: Node): string | undefined {
  if (wish.nodeName && wish.nodeName !== node.metadata.name)
    return `not the node asked for (${wish.nodeName})`;
  if (!node.status.ready) return `not ready (${node.status.message ?? "no heartbeat"})`;
  if (node.spec.unschedulable) return "cordoned";
  const missing = Object.entries(wish.nodeSelector ?? {}).find(
    ([key, value]) => node.metadata.labels?.[key] !== value,
  );
  return missing ? `label ${missing[0]} is not ${missing[1]}` : undefined;
}

/**
 * `count` free ports of a range, from `cursor` on and round again, so that a freed one rests longest; undefined when
 * fewer are free.
 */
export function pickPorts(
  range: { readonly min: number; readonly max: number },
  isUsed: (port: number) => boolean,
  cursor: number,
  count: number,
): readonly number[] | undefined {
  const size = range.max - range.min + 1;
  const found: number[] = [];
  for (let i = 0; i < size && found.length < count; i++) {
    const port = range.min + ((cursor - range.min + i + size) % size);
    if (!isUsed(port)) found.push(port);
  }
  return found.length === count ? found : undefined;
}

/** Which of a server's ports need a number of the node's range; `-tcp` and `-udp` of one TCPUDP port share it. */
export function portGroups(gameServer: GameServer): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const { name, portPolicy, range } of gameServer.spec.ports) {
    if (portPolicy !== "Dynamic" && portPolicy !== "Passthrough") continue;
    const twin = name.replace(/-(tcp|udp)$/, "");
    const both = ["-tcp", "-udp"].every((end) =>
      gameServer.spec.ports.some((p) => p.name === twin + end && p.range === range),
    );
    const group = both ? twin : name;
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups.values()];
}
