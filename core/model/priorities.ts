import { ownOf } from "../std/json.ts";
import type { Priority } from "./fleet.ts";
import type { GameServer } from "./game-server.ts";

/** Ascending: who has least room comes first. Who does not have the counter or list comes last, in either order. */
export function byPriorities(
  priorities: readonly Priority[],
  a: GameServer,
  b: GameServer,
): number {
  for (const priority of priorities) {
    const [x, y] = [roomOf(a, priority), roomOf(b, priority)];
    if (x === y) continue;
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
    return priority.order === "Descending" ? y - x : x - y;
  }
  return 0;
}

function roomOf({ status }: GameServer, { type, key }: Priority): number | undefined {
  if (type === "List") {
    const list = ownOf(status.lists, key);
    return list && list.capacity - list.values.length;
  }
  const counter = ownOf(status.counters, key);
  return counter && counter.capacity - counter.count;
}
