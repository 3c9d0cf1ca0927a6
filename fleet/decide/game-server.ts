import { devAddressOf, type GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { NodeStage } from "./node.ts";
import { decideNodeLoss, type NodeLossAction } from "./node-loss.ts";

export interface GameServerFacts {
  /** False when the set that owns it is gone; a standalone server has no owner and says true. */
  readonly ownerExists: boolean;
  /** Milliseconds until its reservation ends; undefined when it has none or for ever. */
  readonly reservedLeftMs: number | undefined;
  /** How its node counts; undefined when it has none, `gone` when somebody deleted the Node. */
  readonly node: NodeStage | "gone" | undefined;
}
export type GameServerAction =
  | { readonly do: "place" }
  | { readonly do: "become"; readonly state: "Ready" | "RequestReady"; readonly because: Reason }
  | { readonly do: "beginDeletion"; readonly because: Reason }
  | { readonly do: "remove"; readonly because: Reason }
  | { readonly do: "lookAgain"; readonly inMs: number }
  | NodeLossAction;

/** The next step of one GameServer's life that the control plane takes by itself; undefined when it waits for others. */
export function decideGameServer(
  server: GameServer,
  facts: GameServerFacts,
): GameServerAction | undefined {
  const { status, metadata } = server;
  if (facts.node === "gone") return { do: "remove", because: "NodeGone" };
  const leaving = metadata.deletionTimestamp !== undefined || status.state === "Shutdown";
  if (leaving) return status.nodeName === "" ? { do: "remove", because: "Deleted" } : undefined;
  if (!facts.ownerExists) return { do: "beginDeletion", because: "Deleted" };
  const cutOff = facts.node === undefined ? undefined : decideNodeLoss(server, facts.node);
  if (cutOff) return cutOff;
  if (status.state === "Reserved") return decideReserved(facts.reservedLeftMs);
  if (status.state === "RequestReady")
    return status.address === "" || facts.node
      ? undefined
      : { do: "become", state: "Ready", because: "Ready" };
  if (status.nodeName !== "" || GAME_SERVER_STATES[status.state].counts !== "starting")
    return undefined;
  return devAddressOf(server)
    ? { do: "become", state: "Ready", because: "DevelopmentServer" }
    : { do: "place" };
}

/** Reservations end by wall time, which somebody may set: they are looked at in between. */
const LOOK_AGAIN_MAX_MS = 30_000;

function decideReserved(leftMs: number | undefined): GameServerAction | undefined {
  if (leftMs === undefined) return undefined;
  return leftMs > 0
    ? { do: "lookAgain", inMs: Math.min(leftMs, LOOK_AGAIN_MAX_MS) }
    : { do: "become", state: "RequestReady", because: "ReservationEnded" };
}
