import type { Container } from "../../core/model/container.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import type { Node } from "../../core/model/node.ts";

export interface Drain {
  /** Their sets make others elsewhere. */
  readonly end: readonly GameServer[];
  /** They get another node as soon as this one has let go of them. */
  readonly move: readonly Container[];
  /** What stays for now: look again while it is not zero. */
  readonly stays: number;
}

/**
 * What a drain takes off a node now. What is free moves at once; held servers, and servers that nobody would make anew,
 * stay until they end or until the deadline. A Container that is tied to the node (by its name, or by a named volume
 * there) stays in any case. `isOver`: the deadline has passed.
 */
export function decideDrain(
  node: Node,
  servers: readonly GameServer[],
  containers: readonly Container[],
  isOver: boolean,
): Drain {
  const { drain } = node.spec;
  if (!drain) return { end: [], move: [], stays: 0 };
  const here = servers.filter(({ metadata }) => !metadata.deletionTimestamp);
  const end = here.filter((server) => isOver || mayMove(server));
  const leaving = containers.filter(leaves);
  const move = leaving.filter(
    ({ metadata, status }) => !metadata.deletionTimestamp && !status.moving,
  );
  return { end, move, stays: servers.length + leaving.length };
}

function mayMove({ metadata, status }: GameServer): boolean {
  const isOwned = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return isOwned && !GAME_SERVER_STATES[status.state].held;
}

/** What has ended or was stopped takes nothing, and would run again elsewhere. */
function leaves({ spec, status }: Container): boolean {
  const isTied = spec.nodeName !== undefined || spec.volumes?.some(({ named }) => named);
  return !isTied && spec.running && status.phase !== "Exited" && status.phase !== "Failed";
}
