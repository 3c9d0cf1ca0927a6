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
    if (await tryCommit(context, [deletionOf(server, rfc3339(now))]))
      recordOn(context, server, "NodeDrain", `node ${name} is draining`);
  });
  await Promise.all(endings);
  for (const container of drain.move.slice(0, shutdownsMax)) {
    const status = { ...container.status, moving: true };
    if (await tryCommit(context, [updateOf(container, { ...container, status })]))
      recordOn(context, container, "NodeDrain", `leaves node ${name}, which is draining`);
  }
  const isMore = drain.end.length > shutdownsMax || drain.move.length > shutdownsMax;
  if (drain.stays === 0) return {};
  return { againInMs: isMore ? 0 : DRAIN_AGAIN_MS };
}
