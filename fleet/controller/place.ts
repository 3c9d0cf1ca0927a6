import type { Container } from "../../core/model/container.ts";
import { type GameServer, gameContainerOf, type StatusPort } from "../../core/model/game-server.ts";
import { fullImageName, imageResourceName } from "../../core/model/image.ts";
import type { Node } from "../../core/model/node.ts";
import type { Reason } from "../../core/model/reason.ts";
import { requestsOf } from "../../core/model/requests.ts";
import { nearestName } from "../../core/std/nearest.ts";
import {
  decidePlacement,
  type Placement,
  pickPorts,
  portGroups,
  type Wish,
} from "../decide/placement.ts";
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
  const groups = portGroups(server);
  const chosen = chooseNode(context, {
    scheduling,
    ...(nodeSelector ? { nodeSelector } : {}),
    asks: requestsOf(server),
    hostPorts: ports.flatMap((p) => (p.portPolicy === "Static" && p.hostPort ? [p.hostPort] : [])),
    rangePorts: groups.length,
    image: imageOf(context, gameContainerOf(server.spec).image),
  });
  if (!chosen.node) return chosen;
  const { node } = chosen;
  const picked = takePorts(context, node, cursors, groups.length);
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
  const { nodeName, nodeSelector, ports = [], image } = container.spec;
  const mapped = ports.flatMap(({ name, containerPort, hostPort }) =>
    hostPort ? [{ name: name ?? `${containerPort}`, port: hostPort }] : [],
  );
  const chosen = chooseNode(context, {
    scheduling: "Distributed",
    ...(nodeName ? { nodeName } : {}),
    ...(nodeSelector ? { nodeSelector } : {}),
    asks: requestsOf(container),
    hostPorts: mapped.map(({ port }) => port),
    rangePorts: 0,
    image: imageOf(context, image),
  });
  return chosen.node ? { node: chosen.node, ports: mapped } : chosen;
}

const HOLDERS = new WeakMap<readonly string[], ReadonlySet<string>>();
const NOBODY: ReadonlySet<string> = new Set();

function imageOf({ store }: ControllerContext, reference: string): Wish["image"] {
  const nodes = store.get("Image", "", imageResourceName(reference))?.status.nodes;
  if (!nodes) return { reference: fullImageName(reference), nodes: NOBODY };
  const holders = HOLDERS.get(nodes) ?? new Set(nodes);
  HOLDERS.set(nodes, holders);
  return { reference: fullImageName(reference), nodes: holders };
}

function chooseNode({ store, world }: ControllerContext, wish: Wish): Placement {
  const placement = decidePlacement(wish, world.nodes.nodes());
  if (placement.node || placement.because !== "ImageMissing") return placement;
  const known = store.list("Image").map(({ spec }) => spec.reference);
  const near = nearestName(wish.image.reference, known);
  const hint = near ? `did you mean ${near}?` : "build it with `flotilla image build`";
  return { ...placement, message: `${placement.message}: ${hint}` };
}

/** Placing has made sure that enough are free. */
function takePorts(
  { world }: ControllerContext,
  node: Node,
  cursors: PortCursors,
  count: number,
): readonly number[] {
  const { name } = node.metadata;
  const range = node.status.portRange;
  const cursor = cursors.get(name) ?? range.min;
  const isUsed = (port: number): boolean => world.nodes.get(name)?.isPortUsed(port) ?? false;
  const picked = pickPorts(range, isUsed, cursor, count) ?? [];
  const last = picked.at(-1);
  if (last !== undefined) cursors.set(name, last + 1 > range.max ? range.min : last + 1);
  return picked;
}
