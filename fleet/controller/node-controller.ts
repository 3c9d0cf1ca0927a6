import { rfc3339 } from "../../core/std/clock.ts";
import { decideDrain } from "../decide/drain.ts";
import { type ControllerContext, deletionOf, recordOn, tryCommit, updateOf } from "./context.ts";
import type { Pass } from "./controller.ts";

/** How often a node that is draining is looked at: players leave without telling it. */
const DRAIN_AGAIN_MS = 1_000;

/** Takes off a draining node what may leave it. */
export async function reconcileNode(
  context: ControllerContext,
  { name }: { name: string },
): Promise<Pass> {
  const { store, world, clock, options } = context;
  const node = store.get("Node", "", name);
  if (!node?.spec.drain) return {};
  const now = clock.now();
  const { deadline } = node.spec.drain;
  const isOver = deadline !== undefined && now >= Date.parse(deadline);
  const drain = decideDrain(node, world.serversOn(name), world.containersOn(name), isOver);
  const { shutdownsMax } = options.limits;
  // All in one turn: by the next one somebody may have ended the drain, and then nobody else may go.
  const endings = drain.end.slice(0, shutdownsMax).map(async (server) => {
    const message = `node ${name} is draining`;
    const why = { reason: "NodeDrain", message } as const;
    if (await tryCommit(context, [deletionOf(server, rfc3339(now))], why))
      recordOn(context, server, "NodeDrain", message);
  });
  await Promise.all(endings);
  for (const container of drain.move.slice(0, shutdownsMax)) {
    const status = { ...container.status, moving: true };
    const message = `leaves node ${name}, which is draining`;
    const why = { reason: "NodeDrain", message } as const;
    if (await tryCommit(context, [updateOf(container, { ...container, status })], why))
      recordOn(context, container, "NodeDrain", message);
  }
  const isMore = drain.end.length > shutdownsMax || drain.move.length > shutdownsMax;
  if (drain.stays === 0) return {};
  return { againInMs: isMore ? 0 : DRAIN_AGAIN_MS };
}
