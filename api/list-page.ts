import { type AnyKind, apiVersionOf } from "../core/model/kinds.ts";
import type { Resource } from "../core/model/resource.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";

export interface Page {
  readonly items: readonly Resource[];
  /** What the next request sends as `continue`; absent on the last page. */
  readonly next?: string;
  readonly remaining: number;
}

/** The order of every list: by namespace, then by name. */
function placeOf({ metadata }: Resource): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * At most `limit` of `found`, from after the place that `continued` names. Pages are of the time they were asked for,
 * not of one revision.
 */
export function pageOf(
  found: readonly Resource[],
  limit: number,
  continued: string | undefined,
): Page {
  const after = continued === undefined ? undefined : placeFrom(continued);
  const rest = found
    .map((resource) => ({ place: placeOf(resource), resource }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((a, b) => (a.place < b.place ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const remaining = rest.length - page.length;
  const items = page.map(({ resource }) => resource);
  if (remaining === 0 || !last) return { items, remaining: 0 };
  const next = Buffer.from(JSON.stringify({ after: last.place })).toString("base64url");
  return { items, next, remaining };
}

function placeFrom(continued: string): string {
  try {
    const place: unknown = JSON.parse(Buffer.from(continued, "base64url").toString());
    if (isObject(place) && typeof place.after === "string") return place.after;
  } catch {
    // Said below.
  }
  throw new FleetError("BAD_REQUEST", "continue must be what the page before gave as continue");
}

/** Items that are turned into text in one go; between two lots other requests get their turn. */
const LOT_ITEMS = 200;

/** The text of a list in parts: a long one must not hold up the allocations. */
export function* listText(
  kind: AnyKind,
  revision: number,
  { items, next, remaining }: Page,
): Generator<string> {
  const metadata = {
    resourceVersion: String(revision),
    ...(next === undefined ? {} : { continue: next, remainingItemCount: remaining }),
  };
  const head = { kind: `${kind}List`, apiVersion: apiVersionOf(kind), metadata };
  yield `${JSON.stringify(head).slice(0, -1)},"items":[`;
  for (let at = 0; at < items.length; at += LOT_ITEMS) {
    const lot = items.slice(at, at + LOT_ITEMS).map((item) => JSON.stringify(item));
    yield `${at === 0 ? "" : ","}${lot.join(",")}`;
  }
  yield "]}\n";
}
