import { FLEET_LABEL, type SessionLimits, sessionLimitsOf } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { deadlineOf, decideDeadline } from "../decide/deadline.ts";
import { type ControllerContext, recordOn, tryCommit, updateOf } from "./context.ts";
import type { Pass } from "./controller.ts";

/** The deadlines that the server's fleet has for held servers; none for a server without a fleet. */
export function limitsFor(
  { store }: Pick<ControllerContext, "store">,
  server: GameServer,
): SessionLimits {
  const { namespace, labels } = server.metadata;
  const name = labels?.[FLEET_LABEL];
  const fleet = name === undefined ? undefined : store.get("Fleet", namespace, name);
  return fleet ? sessionLimitsOf(fleet) : {};
}

/** True when the server is to be looked at by time: only then is an Allocated one worth a pass. */
export function hasDeadline(
  context: Pick<ControllerContext, "store">,
  server: GameServer,
): boolean {
  return deadlineOf(server, limitsFor(context, server)) !== undefined;
}

/** Ends a session whose time is over; undefined when it has no deadline. */
export async function keepDeadline(
  context: ControllerContext,
  server: GameServer,
): Promise<Pass | undefined> {
  const action = decideDeadline(server, limitsFor(context, server), context.clock.now());
  if (action?.do !== "shutDown") return action && { againInMs: action.inMs };
  const { because, message } = action;
  const change = { state: "Shutdown", reason: because, message } as const;
  const next = { ...server, status: { ...server.status, ...change } };
  const isDone = await tryCommit(context, [updateOf(server, next, { status: change })], {
    reason: because,
    message,
  });
  if (isDone) recordOn(context, server, because, `was ${server.status.state}: ${message}`);
  return { againInMs: isDone ? undefined : 0 };
}
