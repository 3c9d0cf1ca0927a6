import type { GameServerStatus } from "../../core/model/game-server.ts";

/** Calls that are remembered per server: a copy of a call may come after some later ones, when it was under way longer. */
const CALLS_KEPT = 8;

type Calls = Pick<GameServerStatus, "lastSdkCall">;

/** True when the call of this id has been done already: then it is answered, and changes nothing. */
export function wasDone({ lastSdkCall = "" }: Calls, id: string): boolean {
  return lastSdkCall.split(" ").includes(id);
}

/** `lastSdkCall` after the call of this id: the newest ids, the last one at the end. */
export function callsWith({ lastSdkCall }: Calls, id: string): string {
  const before = lastSdkCall === undefined ? [] : lastSdkCall.split(" ");
  return [...before, id].slice(-CALLS_KEPT).join(" ");
}
