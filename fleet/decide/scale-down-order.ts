import type { Priority } from "../../core/model/fleet.ts";
import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import { byPriorities } from "../../core/model/priorities.ts";

/** One server seen by the order of removal. */
export interface SurplusCandidate {
  readonly server: GameServer;
  /** Ready and Allocated servers on its node. */
  readonly nodeLoad: number;
}
export interface ScaleDownRules {
  readonly scheduling: Scheduling;
  readonly priorities?: readonly Priority[] | undefined;
  /** What is Ready goes after everything else: in a rollout, no server able to play ends before one that is not. */
  readonly readyLast: boolean;
}
type Order = (a: SurplusCandidate, b: SurplusCandidate) => number;

/**
 * Which server a scale-down takes first, in Agones' order. Packed frees the emptiest node: not yet placed, then the
 * least loaded node; on one node what is not yet Ready, then by priorities, then by name. Distributed: by priorities,
 * then the oldest. Ties end at the name, so that the order is the same in every run.
 */
export function scaleDownOrder({ scheduling, priorities = [], readyLast }: ScaleDownRules): Order {
  const order = scheduling === "Packed" ? packed(priorities) : distributed(priorities);
  if (!readyLast) return order;
  return (a, b) => Number(isReady(a.server)) - Number(isReady(b.server)) || order(a, b);
}

function packed(priorities: readonly Priority[]): Order {
  return (a, b) => {
    const [x, y] = [a.server.status.nodeName, b.server.status.nodeName];
    const byNode = Number(x !== "") - Number(y !== "") || a.nodeLoad - b.nodeLoad || compare(x, y);
    return (
      byNode ||
      Number(!isBeforeReady(a.server)) - Number(!isBeforeReady(b.server)) ||
      byPriorities(priorities, a.server, b.server) ||
      compare(a.server.metadata.name, b.server.metadata.name)
    );
  };
}

function distributed(priorities: readonly Priority[]): Order {
  return ({ server: a }, { server: b }) =>
    byPriorities(priorities, a, b) ||
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name);
}

function isReady({ status }: GameServer): boolean {
  return status.state === "Ready";
}
function isBeforeReady({ status }: GameServer): boolean {
  return status.state === "RequestReady" || GAME_SERVER_STATES[status.state].counts === "starting";
}
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
