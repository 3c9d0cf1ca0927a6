import {
  devAddressOf,
  type GameServer,
  type GameServerStatus,
} from "../../core/model/game-server.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { mergePatch } from "../../core/std/json.ts";
import {
  decideGameServer,
  type GameServerAction,
  type GameServerFacts,
} from "../decide/game-server.ts";
import { stageOfNode } from "../decide/node.ts";
import { endOfDrain } from "../decide/overflow.ts";
import { sameCause } from "../decide/refusals.ts";
import {
  type ControllerContext,
  deletionOf,
  recordOn,
  removalOf,
  tryCommit,
  updateOf,
} from "./context.ts";
import type { Pass } from "./controller.ts";
import { type PortCursors, placeGameServer } from "./place.ts";
import { keepDeadline } from "./session-deadline.ts";

/** How long an unplaceable server waits before it asks again by itself; a change of nodes asks at once. */
const PLACE_AGAIN_MS = 1_000;

/** Takes one GameServer one step further: to a node, to Ready, or away. */
export async function reconcileGameServer(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
  cursors: PortCursors,
): Promise<Pass> {
  const server = context.store.get("GameServer", namespace, name);
  if (!server) return {};
  const deadline = await keepDeadline(context, server);
  if (deadline && deadline.againInMs === undefined) return {};
  const pass = await oneStep(context, server, cursors);
  return { againInMs: soonest(deadline?.againInMs, pass.againInMs) };
}

function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

async function oneStep(
  context: ControllerContext,
  server: GameServer,
  cursors: PortCursors,
): Promise<Pass> {
  const { reservedUntil } = server.status;
  const reservedLeftMs = reservedUntil
    ? Date.parse(reservedUntil) - context.clock.now()
    : undefined;
  const action = decideGameServer(server, {
    ownerExists: ownerExists(context, server),
    reservedLeftMs,
    node: nodeFact(context, server.status.nodeName),
  });
  return action ? await apply(context, server, action, cursors) : {};
}

async function apply(
  context: ControllerContext,
  server: GameServer,
  action: GameServerAction,
  cursors: PortCursors,
): Promise<Pass> {
  switch (action.do) {
    case "place":
      return await place(context, server, cursors);
    case "become":
      return await become(context, server, action);
    case "beginDeletion":
      return await endServer(context, server, action.because);
    case "remove":
      if (await tryCommit(context, [removalOf(server)], { reason: action.because }))
        recordOn(context, server, action.because, "removed");
      return {};
    case "leaveState":
      return await leaveState(context, server, action);
    case "tell":
      return await tell(context, server, action);
    case "lookAgain":
      return { againInMs: action.inMs };
  }
}

async function endServer(
  context: ControllerContext,
  server: GameServer,
  reason: Extract<GameServerAction, { do: "beginDeletion" }>["because"],
): Promise<Pass> {
  const message = "its set is gone";
  const deletion = deletionOf(server, rfc3339(context.clock.now()));
  if (await tryCommit(context, [deletion], { reason, message }))
    recordOn(context, server, reason, message);
  return {};
}

function nodeFact({ world }: ControllerContext, name: string): GameServerFacts["node"] {
  if (name === "") return undefined;
  const seen = world.nodes.get(name);
  return seen ? stageOfNode(seen.node) : "gone";
}

/** Its node is cut off: it is not what it was. */
async function leaveState(
  context: ControllerContext,
  server: GameServer,
  { state, because, message }: Extract<GameServerAction, { do: "leaveState" }>,
): Promise<Pass> {
  const status = { ...server.status, state, reason: because, message };
  const delta = { status: { state, reason: because, message } };
  const why = { reason: because, message };
  if (await tryCommit(context, [updateOf(server, { ...server, status }, delta)], why))
    recordOn(context, server, because, message, "Warning");
  return {};
}

/** It stays what it is; its status says what is known of its node, or no longer. */
async function tell(
  context: ControllerContext,
  server: GameServer,
  { because, message }: Extract<GameServerAction, { do: "tell" }>,
): Promise<Pass> {
  const { reason: _r, message: _m, ...kept } = server.status;
  const told = because ? { reason: because, message } : {};
  const health = because && kept.health ? { health: "unknown" as const } : {};
  const status: GameServerStatus = { ...kept, ...told, ...health };
  const delta = { status: { reason: null, message: null, ...told, ...health } };
  if (await tryCommit(context, [updateOf(server, { ...server, status }, delta)]))
    recordOn(context, server, because ?? "NodeReady", message || "its node is heard again");
  return {};
}

async function become(
  context: ControllerContext,
  server: GameServer,
  { state, because }: Extract<GameServerAction, { do: "become" }>,
): Promise<Pass> {
  const { reservedUntil: _ended, ...kept } = server.status;
  const dev = devAddressOf(server);
  const status: GameServerStatus = dev
    ? { ...kept, ...devStatus(server, dev), state }
    : { ...kept, state };
  const annotations = endOfDrain(server);
  const metadata = annotations ? { metadata: { annotations } } : {};
  const delta = dev ? undefined : { status: { state, reservedUntil: null }, ...metadata };
  const next = { ...mergePatch(server, metadata), status };
  const message = `is ${state} at ${status.address}`;
  if (await tryCommit(context, [updateOf(server, next, delta)], { reason: because, message }))
    recordOn(context, server, because, message);
  return {};
}

/** A development server has the address that its annotation says and the host ports of its spec. */
function devStatus(server: GameServer, address: string): Partial<GameServerStatus> {
  const ports = server.spec.ports.map(({ name, hostPort = 0 }) => ({ name, port: hostPort }));
  return { address, addresses: [{ type: "InternalIP", address }], ports, nodeName: "" };
}

async function place(
  context: ControllerContext,
  server: GameServer,
  cursors: PortCursors,
): Promise<Pass> {
  const found = placeGameServer(context, server, cursors);
  if (!found.node) return await wait(context, server, found.because, found.message);
  const { reason: _r, message: _m, ...kept } = server.status;
  const nodeName = found.node.metadata.name;
  const status = { ...kept, state: "Starting" as const, nodeName, ports: found.ports };
  const delta = {
    status: { state: status.state, nodeName, ports: found.ports, reason: null, message: null },
  };
  const message = `on node ${nodeName}`;
  const write = updateOf(server, { ...server, status }, delta);
  if (!(await tryCommit(context, [write], { reason: "Placed", message }))) return { againInMs: 0 };
  recordOn(context, server, "Placed", message);
  return {};
}

async function wait(
  context: ControllerContext,
  server: GameServer,
  reason: NonNullable<GameServerStatus["reason"]> & Parameters<typeof recordOn>[2],
  message: string,
): Promise<Pass> {
  if (server.status.reason !== reason || !sameCause(server.status.message, message)) {
    const delta = { status: { reason, message } };
    const next = { ...server, status: { ...server.status, reason, message } };
    if (await tryCommit(context, [updateOf(server, next, delta)]))
      recordOn(context, server, reason, message, "Warning");
  }
  return { againInMs: PLACE_AGAIN_MS };
}

function ownerExists({ store }: ControllerContext, { metadata }: GameServer): boolean {
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  if (!owner) return true;
  return store.get("GameServerSet", metadata.namespace, owner.name)?.metadata.uid === owner.uid;
}
