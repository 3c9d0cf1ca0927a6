import { rfc3339 } from "../../core/std/clock.ts";
import type { Page } from "../../store/documents/document-store.ts";
import type { TextAnswer } from "../service/route.ts";
import type { Edit, MapHead, Snapshot } from "./collections.ts";
import type { ReadContent } from "./contents.ts";
import { mayEdit, mayOwn } from "./decide-access.ts";
import type { Seen } from "./maps.ts";

/** A map without what it shows. */
export function summaryOf(seen: Seen): object {
  const { name, width, height } = seen.head;
  return { name, width, height, ...settingsOf(seen) };
}

/** A whole map as JSON; its content is text already. The version tells it from every other state of the map. */
export function mapText(seen: Seen, { text }: ReadContent): TextAnswer {
  const settings = JSON.stringify(settingsOf(seen)).slice(1, -1);
  return { text: `{${settings},${text}}`, etag: String(seen.head.version) };
}

function settingsOf({ id, head, role }: Seen): object {
  const { creator, access, published, members, version, created_at, updated_at } = head;
  return {
    ...{ map_id: id, creator, access, published, version },
    ...(role === "stranger" ? {} : { members }),
    ...(role === "operator" ? {} : { can_edit: mayEdit(role) }),
    ...(mayOwn(role) ? { has_link: head.link !== undefined } : {}),
    ...{ created_at: rfc3339(created_at), updated_at: rfc3339(updated_at) },
  };
}

/** A page of a list as it is answered. */
export function pageOf(page: Page<MapHead>, see: (id: string, head: MapHead) => Seen): object {
  const items = page.items.map(({ id, body }) => summaryOf(see(id, body)));
  return page.continue === undefined ? { items } : { items, next: page.continue };
}

/**
 * Versions of a map's content that can be had again, from the oldest to the one that was undone first; undefined when
 * `after` is none of them.
 */
export function versionsOf(
  { undo, current, redo }: MapHead,
  limit: number,
  after: string | undefined,
): object | undefined {
  const shown = (is: "past" | "current" | "undone") => (edit: Edit) => {
    const { version, at, by, what } = edit;
    return { version, at: rfc3339(at), by, what, is };
  };
  const all = [
    ...undo.map(shown("past")),
    shown("current")(current),
    ...redo.map(shown("undone")).reverse(),
  ];
  const at = all.findIndex(({ version }) => String(version) === after);
  if (after !== undefined && at < 0) return undefined;
  const start = at + 1;
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  const hasMore = last !== undefined && start + limit < all.length;
  return hasMore ? { items, next: String(last.version) } : { items };
}

export function snapshotOf(snapshot: Snapshot): object {
  const { room, state, seq, saved_at } = snapshot;
  const numbered = seq === undefined ? {} : { seq };
  return { room, state, ...numbered, saved_at: rfc3339(saved_at) };
}
