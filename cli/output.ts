import { Option } from "commander";
import { stringify } from "yaml";
import { COLUMNS } from "../core/model/columns.ts";
import type { AnyKind } from "../core/model/kinds.ts";
import type { ServedKind, ServedResource } from "../core/model/resource.ts";
import type { AnyResource } from "./api-client.ts";
import { printable, textTable } from "./text-table.ts";

export type OutputForm = "table" | "wide" | "json" | "yaml" | "name";

export function outputOption(): Option {
  const option = new Option("-o, --output <form>", "how to print");
  return option.choices(["table", "wide", "json", "yaml", "name"]).default("table");
}

export interface TableOptions {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly now: number;
}

/** The header and one row per resource, as the kind's columns say. */
export function rowsOf(
  kind: AnyKind,
  items: readonly AnyResource[],
  options: TableOptions,
): string[][] {
  const columns = columnsOf(kind).filter((column) => options.wide || !column.wide);
  const first = (cell: string): string[] => (options.withNamespace ? [cell] : []);
  const header = [...first("NAMESPACE"), ...columns.map(({ name }) => name.toUpperCase())];
  const rows = items.map((item) => [
    ...first(item.metadata.namespace ?? ""),
    ...columns.map(({ value }) => printable(value(item as unknown as ServedResource, options.now))),
  ]);
  return [header, ...rows];
}

type AnyColumn = {
  readonly name: string;
  readonly wide?: boolean;
  readonly value: (resource: never, nowMs: number) => string;
};
type Column = Omit<AnyColumn, "value"> & {
  readonly value: (resource: ServedResource, nowMs: number) => string;
};

/** Columns are typed by kind; here the kind is known at run time only. */
function columnsOf(kind: AnyKind): readonly Column[] {
  const all = COLUMNS as unknown as Partial<Record<ServedKind, readonly Column[]>>;
  return (kind in all && all[kind as ServedKind]) || [];
}

export interface Printed {
  readonly kind: AnyKind;
  readonly items: readonly AnyResource[];
  readonly isOne: boolean;
}

/** What `-o` asks for, as text. One named resource is printed alone, several as a List. */
export function outputText(form: OutputForm, printed: Printed, table: TableOptions): string {
  const { kind, items, isOne } = printed;
  if (form === "name")
    return items.map((item) => `${item.kind.toLowerCase()}/${item.metadata.name}\n`).join("");
  if (form === "table" || form === "wide")
    return textTable(rowsOf(kind, items, { ...table, wide: form === "wide" }));
  const whole = isOne && items[0] ? items[0] : { apiVersion: "v1", kind: "List", items };
  return form === "json" ? `${JSON.stringify(whole, null, 2)}\n` : stringify(whole);
}
