import { useMemo } from "preact/hooks";
import type { Row, RowKind } from "../../net/wire.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { columnsOf } from "./columns.tsx";
import type { Column } from "./virtual-table.tsx";

/** The columns of a kind's list; namespaces only where there are several. */
export function useColumns(kind: RowKind, rows: readonly Row[]): readonly Column<Row>[] {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const hasSome = useMemo(() => new Set(rows.map((row) => row.namespace)).size > 1, [rows]);
  return useMemo(
    () => columnsOf(kind, texts, now).filter(({ key }) => key !== "namespace" || hasSome),
    [kind, texts, now, hasSome],
  );
}
