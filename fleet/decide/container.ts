import type { Container } from "../../core/model/container.ts";

export type ContainerAction = { readonly do: "place" } | { readonly do: "remove" };

/** The next step of a Container that the control plane takes by itself: finding a node, or forgetting what has none. */
export function decideContainer({
  metadata,
  status,
  spec,
}: Container): ContainerAction | undefined {
  const isPlaced = status.nodeName !== "";
  if (metadata.deletionTimestamp) return isPlaced ? undefined : { do: "remove" };
  return isPlaced || !spec.running ? undefined : { do: "place" };
}
