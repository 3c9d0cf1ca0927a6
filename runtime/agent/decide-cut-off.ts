import type { Container } from "../../core/model/container.ts";
import { type GameServer, NODE_LOSS } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";

/** True when this node has heard nothing of the control plane for so long that it counts as lost there. */
export function isCutOff(silentMs: number, lostAfterMs: number): boolean {
  return silentMs >= lostAfterMs;
}

/** True for what ends by itself on a node that is cut off: its fleet asked for that, and nobody is known to hold it. */
export function endsWhenCutOff(resource: GameServer | Container): boolean {
  if (resource.kind !== "GameServer") return false;
  const { metadata, status } = resource;
  return metadata.annotations?.[NODE_LOSS] === "stop" && !GAME_SERVER_STATES[status.state].held;
}
