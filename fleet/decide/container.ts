import type { Container } from "../../core/model/container.ts";

export type ContainerAction =
  | { readonly do: "place" }
  | { readonly do: "remove" }
  /** Its node was deleted: it is nowhere. */
  | { readonly do: "unplace" };

/** The next step of a Container that the control plane takes by itself: finding a node, or forgetting what has none. */
export function decideContainer(
  { metadata, status, spec }: Container,
  isNodeGone: boolean,
): ContainerAction | undefined {
  const isPlaced = status.nodeName !== "" && !isNodeGone;
  if (metadata.deletionTimestamp) return isPlaced ? undefined : { do: "remove" };
  if (isNodeGone) return { do: "unplace" };
  return isPlaced || !spec.running ? undefined : { do: "place" };
}
