import { compileSelector } from "../core/model/label-selector.ts";
import { parseFieldSelector, parseLabelSelector } from "../core/model/parse-selector.ts";
import type { ServedResource } from "../core/model/resource.ts";
import { asked, type Request } from "./route.ts";

/** What a list or watch asks for. */
export type Matches = (resource: ServedResource) => boolean;

/** The selectors of a request, compiled; throws BAD_REQUEST on a selector that cannot be read. */
export function matchesOf(request: Request): Matches {
  const { namespace } = request.params;
  const labels = compileSelector(parseLabelSelector(asked(request, "labelSelector") ?? ""));
  const fields = parseFieldSelector(asked(request, "fieldSelector") ?? "");
  return (resource) =>
    (namespace === undefined || resource.metadata.namespace === namespace) &&
    labels(resource.metadata.labels) &&
    fields(resource);
}
