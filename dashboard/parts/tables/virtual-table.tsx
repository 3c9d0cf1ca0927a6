import type { JSX, VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { shownRows } from "../../view/table-window.ts";
import { useTexts } from "../shell/dashboard.ts";

export interface Column<T> {
  readonly key: string;
  readonly label: string;
  readonly cell: (row: T) => VNode | string;
  /** What rows are ordered by; without it the column cannot be chosen. */
  readonly order?: (row: T) => string | number;
  readonly isNumber?: boolean;
  /** Left out where there is little room. */
  readonly isWide?: boolean;
}
interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly first?: string;
}

const ROW_PX = 44;
const HEIGHT_PX = 600;

/** A table of any length: only the rows that are seen stand in the document. */
export function VirtualTable<T>(props: TableProps<T>): JSX.Element {
  const texts = useTexts();
  const { label, rows, columns, keyOf } = props;
  const [sort, setSort] = useState({ key: props.first ?? columns[0]?.key ?? "", isDown: false });
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: HEIGHT_PX });
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const look = (): void => setView({ top: current.scrollTop, height: current.clientHeight });
    const watcher = new ResizeObserver(look);
    watcher.observe(current);
    current.addEventListener("scroll", look, { passive: true });
    return () => watcher.disconnect();
  }, []);
  // Columns are made anew each second, for their ages: what they order by stays.
  const keys = columns.map(({ key }) => key).join();
  const sorted = useMemo(() => inOrder(rows, columns, sort), [rows, sort, keys]);
  const shown = shownRows(sorted.length, ROW_PX, view.top, view.height);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
    <section class="table-place" ref={place} tabIndex={0} aria-label={texts.listOf(label)}>
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={sort} onSort={setSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer px={shown.above} columns={columns.length} />
          {sorted.slice(shown.from, shown.until).map((row, i) => (
            <tr key={keyOf(row)} aria-rowindex={shown.from + i + 2}>
              {columns.map((column) => (
                <td key={column.key} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          <Spacer px={shown.below} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

interface Sort {
  readonly key: string;
  readonly isDown: boolean;
}

function Head<T>(props: {
  readonly column: Column<T>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}): JSX.Element {
  const { column, sort, onSort } = props;
  const isChosen = sort.key === column.key;
  const order = isChosen ? (sort.isDown ? "descending" : "ascending") : undefined;
  return (
    <th scope="col" class={classOf(column)} aria-sort={order}>
      {column.order ? (
        <button
          type="button"
          class="sort"
          onClick={() => onSort({ key: column.key, isDown: isChosen && !sort.isDown })}
        >
          {column.label}
          <span aria-hidden="true">{isChosen ? (sort.isDown ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

/** Stands for rows that are not there. */
function Spacer(props: { readonly px: number; readonly columns: number }): JSX.Element | null {
  if (props.px <= 0) return null;
  return (
    <tr class="spacer">
      <td colSpan={props.columns} style={{ height: `${props.px}px` }} />
    </tr>
  );
}

function classOf<T>({ isNumber, isWide }: Column<T>): string {
  return `${isNumber ? "number" : ""} ${isWide ? "wide-only" : ""}`.trim();
}

function inOrder<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { key, isDown }: Sort,
): readonly T[] {
  const order = columns.find((column) => column.key === key)?.order;
  if (!order) return rows;
  const way = isDown ? -1 : 1;
  const keyed = rows.map((row) => ({ row, by: order(row) }));
  keyed.sort(({ by: a }, { by: b }) =>
    typeof a === "number" && typeof b === "number" ? (a - b) * way : compare(a, b) * way,
  );
  return keyed.map(({ row }) => row);
}

const collator = new Intl.Collator("en", { numeric: true });
const compare = (a: string | number, b: string | number): number =>
  collator.compare(String(a), String(b));
