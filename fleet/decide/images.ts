import type { Image, ImageSpec } from "../../core/model/image.ts";

export type ImageAction =
  | { readonly do: "create"; readonly spec: ImageSpec; readonly nodes: readonly string[] }
  | {
      readonly do: "update";
      readonly image: Image;
      readonly spec: ImageSpec;
      readonly nodes: readonly string[];
    }
  | { readonly do: "remove"; readonly image: Image };

/**
 * What a node's list of images changes in the Images: it is added where it has one, taken away where it has none any
 * more. A reference that was built anew is, until the others have it too, only where it was built. A node that must not
 * name images only counts as a holder of what its images are known to be.
 */
export function decideImages(
  known: readonly Image[],
  node: string,
  all: readonly ImageSpec[],
  mayName: boolean,
): readonly ImageAction[] {
  const reported = mayName ? all : all.filter((spec) => isKnown(known, spec));
  const here = new Set(reported.map(({ reference }) => reference));
  const gone = known
    .filter(({ spec, status }) => status.nodes.includes(node) && !here.has(spec.reference))
    .map((image) => without(image, node));
  return [...reported.flatMap((spec) => taken(known, node, spec)), ...gone];
}

function isKnown(known: readonly Image[], { reference, digest }: ImageSpec): boolean {
  return known.some(({ spec }) => spec.reference === reference && spec.digest === digest);
}

function taken(known: readonly Image[], node: string, spec: ImageSpec): ImageAction[] {
  const image = known.find((one) => one.spec.reference === spec.reference);
  if (!image) return [{ do: "create", spec, nodes: [node] }];
  const isSame = image.spec.digest === spec.digest;
  if (isSame && image.status.nodes.includes(node)) return [];
  const nodes = isSame ? [...image.status.nodes, node].sort() : [node];
  return [{ do: "update", image, spec, nodes }];
}

function without(image: Image, node: string): ImageAction {
  const nodes = image.status.nodes.filter((one) => one !== node);
  if (nodes.length === 0) return { do: "remove", image };
  return { do: "update", image, spec: image.spec, nodes };
}
