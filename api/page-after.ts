import type { Resource } from "../core/model/resource.ts";

interface Placed {
  readonly place: string;
  readonly one: Resource;
}

/**
 * The first `limit` behind the place `after`, in the order of namespace and name. Of 50,000 a page is taken out, not all put
 * in order: who reads them all asks for fifty pages. Pure.
 */
export function pageAfter(
  resources: readonly Resource[],
  after: string,
  limit: number,
): { readonly page: readonly Placed[]; readonly hasMore: boolean } {
  // One more than asked for tells whether there are more.
  const wanted = limit + 1;
  let kept: Placed[] = [];
  let last: string | undefined;
  for (const one of resources) {
    const place = `${one.metadata.namespace}/${one.metadata.name}`;
    if (place <= after || (last !== undefined && place > last)) continue;
    kept.push({ place, one });
    if (kept.length < wanted * 2) continue;
    kept = firstOf(kept, wanted);
    last = kept.at(-1)?.place;
  }
  const found = firstOf(kept, wanted);
  return { page: found.slice(0, limit), hasMore: found.length > limit };
}

function firstOf(placed: Placed[], count: number): Placed[] {
  return placed.sort(({ place: a }, { place: b }) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, count);
}
