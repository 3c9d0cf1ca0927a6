import type { Container } from "../../core/model/container.ts";
import type { GameServer, StatusPort } from "../../core/model/game-server.ts";
import type { Node } from "../../core/model/node.ts";
import type { Reason } from "../../core/model/reason.ts";
import { decidePlacement, pickPorts, portGroups, type Wish } from "../decide/placement.ts";
import type { ControllerContext } from "./context.ts";

/** Where a resource goes, with the host ports it gets there; or why it has to wait. */
export type Place =
  | { readonly node: Node; readonly ports: readonly StatusPort[] }
  | { readonly node?: undefined; readonly because: Reason; readonly message: string };

/** The last port handed out per node: the next search starts behind it, so that a freed port rests. */
export type PortCursors = Map<string, number>;

export function placeGameServer(
  context: ControllerContext,
  server: GameServer,
  cursors: PortCursors,
): Place {
  const { scheduling, template, ports } = server.spec;
  const { nodeSelector } = template.spec;
  const chosen = chooseNode(context, { scheduling, ...(nodeSelector ? { nodeSelector } : {}) });
  if (!chosen.node) return chosen;
  const { node } = chosen;
  const taken = ports.find(
    (p) =>
      p.portPolicy === "Static" && context.world.isPortUsed(node.metadata.name, p.hostPort ?? 0),
  );
  if (taken) return full(`host port ${taken.hostPort} is taken on node ${node.metadata.name}`);
  const groups = portGroups(server);
  const picked = takePorts(context, node, cursors, groups.length);
  if (!picked) return full(rangeFull(node, groups.length));
  const dynamic = groups.flatMap((names, i) =>
    names.map((name) => ({ name, port: picked[i] ?? 0 })),
  );
  const byName = new Map(dynamic.map(({ name, port }) => [name, port]));
  const status = ports.map((p) => ({
    name: p.name,
    port: byName.get(p.name) ?? p.hostPort ?? p.containerPort ?? 0,
  }));
  return { node, ports: status };
}

/** A Container's host ports are the ones it asks for, no others. */
export function placeContainer(context: ControllerContext, container: Container): Place {
  const { nodeName, nodeSelector, ports = [] } = container.spec;
  const chosen = chooseNode(context, {
    scheduling: "Distributed",
    ...(nodeName ? { nodeName } : {}),
    ...(nodeSelector ? { nodeSelector } : {}),
  });
  if (!chosen.node) return chosen;
  const { node } = chosen;
  const mapped = ports.flatMap(({ name, containerPort, hostPort }) =>
    hostPort ? [{ name: name ?? `${containerPort}`, port: hostPort }] : [],
  );
  const taken = mapped.find(({ port }) => context.world.isPortUsed(node.metadata.name, port));
  if (taken) return full(`host port ${taken.port} is taken on node ${node.metadata.name}`);
  return { node, ports: mapped };
}

function chooseNode(
  { store, world }: ControllerContext,
  wish: Wish,
): { node: Node } | { node?: undefined; because: Reason; message: string } {
  const nodes = store
    .list("Node")
    .map((node) => ({ node, load: world.loadOfNode(node.metadata.name) }));
  const placement = decidePlacement(wish, nodes);
  return placement.node ? placement : { because: "Unplaceable", message: placement.message };
}

function takePorts(
  { world }: ControllerContext,
  node: Node,
  cursors: PortCursors,
  count: number,
): readonly number[] | undefined {
  const { name } = node.metadata;
  const range = node.status.portRange;
  const cursor = cursors.get(name) ?? range.min;
  const picked = pickPorts(range, (port) => world.isPortUsed(name, port), cursor, count);
  const last = picked?.at(-1);
  if (last !== undefined) cursors.set(name, last + 1 > range.max ? range.min : last + 1);
  return picked;
}

function full(message: string): Place {
  return { because: "PortRangeFull", message };
}
function rangeFull({ metadata, status }: Node, count: number): string {
  const { min, max } = status.portRange;
  return `node ${metadata.name} has fewer than ${count} free ports in ${min}-${max}`;
}
