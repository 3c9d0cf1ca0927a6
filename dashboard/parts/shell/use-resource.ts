import type { Kind, Kinds } from "../../../core/model/resource.ts";
import { pathOf } from "../../net/paths.ts";
import type { Row, RowKind } from "../../net/wire.ts";
import { useRows } from "./dashboard.ts";
import { type Loaded, useLoaded } from "./use-loaded.ts";

/** The row of one object, kept up to date; undefined while it is not known, or gone. */
export function useRow(kind: RowKind, name: string, namespace?: string): Row | undefined {
  const { rows } = useRows(kind);
  return rows.find((row) => row.name === name && (row.namespace ?? "") === (namespace ?? ""));
}

/** One whole object, read again whenever its row changes. */
export function useResource<K extends Kind & RowKind>(
  kind: K,
  name: string,
  namespace?: string,
): Loaded<Kinds[K]> & { readonly row: Row | undefined } {
  const row = useRow(kind, name, namespace);
  const loaded = useLoaded<Kinds[K]>({ path: pathOf(kind, { namespace, name }) }, row);
  return { ...loaded, row };
}
