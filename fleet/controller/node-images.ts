import { type ImageSpec, imageResourceName } from "../../core/model/image.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import type { Write } from "../../store/resource-store.ts";
import { decideImages, type ImageAction } from "../decide/images.ts";
import { type ControllerContext, removalOf, tryCommit, updateOf } from "./context.ts";

/** Brings the Images to what a node says that it has. */
export async function takeImages(
  context: ControllerContext,
  node: string,
  reported: readonly ImageSpec[],
): Promise<void> {
  const { store } = context;
  // A machine that joined may say what it has, but not what a name means: others would run what it made.
  const mayName = store.get("Node", "", node)?.status.credential === undefined;
  const actions = decideImages(store.list("Image"), node, reported, mayName);
  await Promise.all(actions.map((action) => tryCommit(context, [writeOf(context, action)])));
}

function writeOf(context: ControllerContext, action: ImageAction): Write {
  if (action.do === "remove") return removalOf(action.image);
  const { spec, nodes } = action;
  if (action.do === "update")
    return updateOf(action.image, { ...action.image, spec, status: { nodes } });
  const metadata = {
    name: imageResourceName(spec.reference),
    namespace: "",
    uid: context.newUid(),
    resourceVersion: "0",
    generation: 1,
    creationTimestamp: rfc3339(context.clock.now()),
  };
  const object = {
    apiVersion: apiVersionOf("Image"),
    kind: "Image",
    metadata,
    spec,
    status: { nodes },
  } as const;
  return { op: "create", object };
}
