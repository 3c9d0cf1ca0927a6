import {
  type GameServer,
  NODE_LOSS,
  NODE_LOSS_POLICIES,
  type NodeLossPolicy,
} from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES, type GameServerState } from "../../core/model/game-server-state.ts";
import type { Reason } from "../../core/model/reason.ts";
import { LOST, type NodeStage, READY } from "./node.ts";

export type NodeLossAction =
  /** `because` undefined clears what was told before. */
  | { readonly do: "tell"; readonly because: Reason | undefined; readonly message: string }
  | {
      readonly do: "leaveState";
      readonly state: GameServerState;
      readonly because: Reason;
      readonly message: string;
    };

/**
 * What its fleet wants for a server on a node that is cut off, by the annotation of its template. `replace` unless it
 * says otherwise; a server that nobody would make anew is kept.
 */
export function nodeLossPolicyOf({ metadata }: GameServer): NodeLossPolicy {
  const given = metadata.annotations?.[NODE_LOSS];
  const isOwned = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  const fallback = isOwned ? "replace" : "keep";
  return NODE_LOSS_POLICIES.find((policy) => policy === given) ?? fallback;
}

/**
 * What becomes of a server while its node is not Ready: it is not handed out; when the node is lost it is replaced,
 * unless players hold it or its fleet keeps it. Held ones only say that nobody knows how they are.
 */
export function decideNodeLoss(server: GameServer, stage: NodeStage): NodeLossAction | undefined {
  const { state, reason, nodeName } = server.status;
  const wasTold = reason === "NodeLost" || reason === "NodeNotReady";
  const { held, runs } = GAME_SERVER_STATES[state];
  if (stage === READY || !runs)
    return wasTold && runs ? { do: "tell", because: undefined, message: "" } : undefined;
  const because = stage === LOST ? "NodeLost" : "NodeNotReady";
  const silent = `node ${nodeName} is ${stage === LOST ? "lost" : "not ready"}`;
  if (stage === LOST && !held && nodeLossPolicyOf(server) !== "keep") {
    const message = `${silent}: replaced; what still runs there ends when it is heard again`;
    return { do: "leaveState", state: "Unhealthy", because, message };
  }
  if (state === "Ready")
    return {
      do: "leaveState",
      state: "RequestReady",
      because,
      message: `${silent}: not handed out until it is heard`,
    };
  if (reason === because) return undefined;
  const message = held ? `${silent}: nobody knows how it is` : `${silent}: it waits`;
  return { do: "tell", because, message };
}
