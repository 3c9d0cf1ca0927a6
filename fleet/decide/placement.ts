import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import { allocatableOf, type Node, type NodeCapacity } from "../../core/model/node.ts";
import { formatBytes, formatMilli } from "../../core/model/quantity.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Labels } from "../../core/model/resource.ts";
import { type Refusal, refusalsText } from "./refusals.ts";

/** Ports that the platform itself listens on, with whose they are, in words: a port map would take them from it. */
export type OwnPorts = ReadonlyMap<number, string>;

/** A node as placing sees it: its sums are kept, so that a look at it costs the same however much it runs. */
export interface NodeSeen {
  readonly node: Node;
  /** GameServers and Containers that are there or on their way. */
  readonly load: number;
  /** The sum of what they ask for. */
  readonly used: NodeCapacity;
  /** Ports of its range that nobody has. */
  readonly portsFree: number;
  isPortUsed(port: number): boolean;
  readonly ownPorts: OwnPorts;
}
export interface Wish {
  readonly scheduling: Scheduling;
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
  readonly asks: NodeCapacity;
  /** Host ports that it wants by their number. */
  readonly hostPorts: readonly number[];
  /** How many ports of the node's range it wants beside them. */
  readonly rangePorts: number;
  /** The image, and the nodes that have it now. */
  readonly image: { readonly reference: string; readonly nodes: ReadonlySet<string> };
}
export type Placement =
  | { readonly node: Node }
  | { readonly node?: undefined; readonly because: Reason; readonly message: string };

/**
 * The node to take, or what was missing on which node. Packed: of those that have the image, or else of all, the fullest.
 * Distributed: the emptiest, of equal ones one that has the image, since a fetch is short and a spread is asked for.
 */
export function decidePlacement(wish: Wish, nodes: readonly NodeSeen[]): Placement {
  const { reference, nodes: holders } = wish.image;
  if (nodes.length === 0) return { because: "Unplaceable", message: "no node has joined yet" };
  if (holders.size === 0)
    return { because: "ImageMissing", message: `no node has the image ${reference}` };
  let best: NodeSeen | undefined;
  for (const seen of nodes)
    if (!refusalOf(wish, seen) && (!best || isBetter(wish, seen, best))) best = seen;
  return best ? { node: best.node } : refused(wish, nodes);
}

function isBetter(wish: Wish, one: NodeSeen, other: NodeSeen): boolean {
  const [a, b] = [one.node.metadata.name, other.node.metadata.name];
  const { nodes } = wish.image;
  const isNearer = nodes.has(a) !== nodes.has(b) ? nodes.has(a) : undefined;
  if (wish.scheduling === "Packed")
    return isNearer ?? (one.load === other.load ? a < b : one.load > other.load);
  return one.load === other.load ? (isNearer ?? a < b) : one.load < other.load;
}

function refused(wish: Wish, nodes: readonly NodeSeen[]): Placement {
  const refusals = nodes.flatMap((seen) => {
    const refusal = refusalOf(wish, seen);
    return refusal ? [{ node: seen.node.metadata.name, ...refusal }] : [];
  });
  const isForPorts = refusals.some(({ because }) => because === "PortRangeFull");
  const because = isForPorts ? "PortRangeFull" : "Unplaceable";
  return { because, message: refusalsText(refusals) };
}

/** Why a node cannot take it; undefined when it can. */
function refusalOf(wish: Wish, seen: NodeSeen): Omit<Refusal, "node"> | undefined {
  const { node } = seen;
  const no = (why: string): Omit<Refusal, "node"> => ({ because: "Unplaceable", why });
  if (wish.nodeName && wish.nodeName !== node.metadata.name)
    return no(`not the node asked for (${wish.nodeName})`);
  if (!node.status.ready) return no(`not ready (${node.status.message ?? "no heartbeat"})`);
  if (node.spec.drain) return no("draining");
  if (node.spec.unschedulable) return no("cordoned");
  for (const [key, value] of Object.entries(wish.nodeSelector ?? {}))
    if (node.metadata.labels?.[key] !== value) return no(`label ${key} is not ${value}`);
  return (
    amountRefusal("cpu", wish.asks.cpuMilli, seen, "cpuMilli", formatMilli) ??
    amountRefusal("memory", wish.asks.memoryBytes, seen, "memoryBytes", formatBytes) ??
    portRefusal(wish, seen)
  );
}

/** What asks for nothing fits everywhere, also where more is asked for than there is. */
function amountRefusal(
  name: string,
  asked: number,
  { node, used }: NodeSeen,
  amount: keyof NodeCapacity,
  format: (amount: number) => string,
): Omit<Refusal, "node"> | undefined {
  if (asked === 0) return undefined;
  const left = Math.max(0, allocatableOf(node)[amount] - used[amount]);
  if (asked <= left) return undefined;
  return { because: "Unplaceable", why: `${name} ${format(asked)} asked, ${format(left)} left` };
}

function portRefusal(wish: Wish, seen: NodeSeen): Omit<Refusal, "node"> | undefined {
  const taken = wish.hostPorts.find((port) => seen.isPortUsed(port));
  if (taken !== undefined) {
    const owner = seen.ownPorts.get(taken);
    const why = owner ? `host port ${taken} is taken ${owner}` : `host port ${taken} is taken`;
    return { because: "PortRangeFull", why };
  }
  if (wish.rangePorts <= seen.portsFree) return undefined;
  const { min, max } = seen.node.status.portRange;
  const why = `fewer than ${wish.rangePorts} free ports in ${min}-${max}`;
  return { because: "PortRangeFull", why };
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
