import { decideContainer } from "../decide/container.ts";
import { sameCause } from "../decide/refusals.ts";
import { UNPLACED } from "../decide/report.ts";
import { type ControllerContext, recordOn, removalOf, tryCommit, updateOf } from "./context.ts";
import type { Pass } from "./controller.ts";
import { placeContainer } from "./place.ts";

const PLACE_AGAIN_MS = 1_000;

/** Finds a node for one Container, or forgets one that never had a node. */
export async function reconcileContainer(
  context: ControllerContext,
  { namespace, name }: { namespace: string; name: string },
): Promise<Pass> {
  const container = context.store.get("Container", namespace, name);
  const { nodeName: at = "" } = container?.status ?? {};
  const isNodeGone = at !== "" && !context.world.nodes.get(at);
  const action = container && decideContainer(container, isNodeGone);
  if (!container || !action) return {};
  if (action.do === "remove") {
    await tryCommit(context, [removalOf(container)], { reason: "Deleted" });
    return {};
  }
  if (action.do === "unplace") {
    const message = `its node ${at} was deleted`;
    const write = updateOf(container, { ...container, status: UNPLACED });
    if (await tryCommit(context, [write], { reason: "NodeGone", message }))
      recordOn(context, container, "NodeGone", message, "Warning");
    return {};
  }
  const found = placeContainer(context, container);
  if (!found.node) {
    const { because, message } = found;
    if (!sameCause(container.status.message, message)) {
      const status = { ...container.status, reason: because, message };
      if (await tryCommit(context, [updateOf(container, { ...container, status })]))
        recordOn(context, container, because, message, "Warning");
    }
    return { againInMs: PLACE_AGAIN_MS };
  }
  const { reason: _r, message: _m, ...kept } = container.status;
  const nodeName = found.node.metadata.name;
  const status = { ...kept, nodeName, ports: found.ports };
  const message = `on node ${nodeName}`;
  const write = updateOf(container, { ...container, status });
  if (!(await tryCommit(context, [write], { reason: "Placed", message }))) return { againInMs: 0 };
  recordOn(context, container, "Placed", message);
  return {};
}
