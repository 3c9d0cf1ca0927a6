import { type AnyKind, apiVersionOf } from "../core/model/kinds.ts";
import type { ObjectMeta, Resource } from "../core/model/resource.ts";
import { FleetError } from "../core/std/errors.ts";

export interface Page {
  readonly items: readonly Resource[];
  /** What the next request sends as `continue`; absent on the last page. */
  readonly next?: string;
  readonly remaining: number;
}

type Place = Pick<ObjectMeta, "namespace" | "name">;

/** The order of every list: by namespace, then by name. */
function isBefore(a: Place, b: Place): boolean {
  return a.namespace === b.namespace ? a.name < b.name : a.namespace < b.namespace;
}

/**
 * The first `limit` of `found` that match, from after the place that `continued` names. Looks at each once and sorts
 * only the page: a page of a hundred thousand costs no sort of them all. Pages are of the time they were asked for, not
 * of one revision.
 */
export function pageOf(
  found: Iterable<Resource>,
  matches: (resource: Resource) => boolean,
  limit: number,
  continued: string | undefined,
): Page {
  const after = continued === undefined ? undefined : placeFrom(continued);
  const items: Resource[] = [];
  let count = 0;
  for (const resource of found) {
    if (after && !isBefore(after, resource.metadata)) continue;
    if (!matches(resource)) continue;
    count += 1;
    insert(items, resource, limit);
  }
  const last = items.at(-1);
  const remaining = count - items.length;
  if (remaining === 0 || !last) return { items, remaining: 0 };
  const { namespace, name } = last.metadata;
  const next = Buffer.from(JSON.stringify([namespace, name])).toString("base64url");
  return { items, next, remaining };
}

/** Keeps the first `limit` in order. */
function insert(items: Resource[], resource: Resource, limit: number): void {
  const last = items.at(-1);
  if (items.length === limit && last && isBefore(last.metadata, resource.metadata)) return;
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = items[middle];
    if (there && isBefore(there.metadata, resource.metadata)) low = middle + 1;
    else high = middle;
  }
  items.splice(low, 0, resource);
  if (items.length > limit) items.pop();
}

function placeFrom(continued: string): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(continued, "base64url").toString());
    const [namespace, name]: unknown[] = Array.isArray(place) ? place : [];
    if (typeof namespace === "string" && typeof name === "string") return { namespace, name };
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
