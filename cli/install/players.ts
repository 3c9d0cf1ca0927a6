import type { GameServer } from "../../core/model/game-server.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";

/** Players that game servers say they have, in their List `players` or Agones' older count; 0 when nothing answers. */
export async function connectedPlayers(api: ApiClient): Promise<number> {
  try {
    const { items } = await api.list({ kind: "GameServer" });
    return playersOf(items as unknown as readonly GameServer[]);
  } catch (error) {
    if (isFleetError(error, "UNAVAILABLE")) return 0;
    throw error;
  }
}

/** Pure. */
export function playersOf(servers: readonly GameServer[]): number {
  const counts = servers.map(({ status }) => status.lists?.players?.values?.length ?? 0);
  return counts.reduce((sum, count) => sum + count, 0);
}
