import type { Overview } from "../core/model/overview.ts";
import { formatBytes, formatMilli } from "../core/model/quantity.ts";
import type { Row, RowKind, RowOf } from "../core/model/rows.ts";
import { printable, textTable } from "./text-table.ts";

export type TopKind = Exclude<RowKind, "Network" | "Room">;
export type TopOrder = "cpu" | "memory";

interface Column<R> {
  readonly name: string;
  readonly value: (row: R) => string;
}
type Columns = { readonly [K in TopKind]: readonly Column<RowOf[K]>[] };
const text = (value: string | number | undefined): string =>
  value === undefined ? "" : `${value}`;
const column = <R>(name: string, value: Column<R>["value"]): Column<R> => ({ name, value });

/** Behind name, state, CPU and memory. */
const MORE: Columns = {
  GameServer: [
    column("PLAYERS", ({ players, playersMax }) =>
      players === undefined ? "" : `${players}/${text(playersMax)}`,
    ),
    column("ROOMS", ({ rooms }) => text(rooms)),
    column("NODE", ({ node }) => text(node)),
    column("FLEET", ({ fleet }) => text(fleet)),
  ],
  Container: [
    column("RESTARTS", ({ restarts }) => text(restarts)),
    column("NODE", ({ node }) => text(node)),
    column("SERVICE", ({ service }) => text(service)),
  ],
  Service: [column("READY", ({ ready, desired }) => `${ready}/${desired}`)],
  Fleet: [
    column("READY", ({ ready }) => text(ready)),
    column("ALLOCATED", ({ allocated }) => text(allocated)),
    column("DESIRED", ({ desired }) => text(desired)),
    column("PLAYERS", ({ players, playersMax }) =>
      players === undefined ? "" : `${players}/${text(playersMax)}`,
    ),
  ],
  Node: [
    column("RUNS", ({ containers }) => text(containers)),
    column("CPU MAX", ({ cpuMax }) => formatMilli(cpuMax)),
    column("MEMORY MAX", ({ memoryMax }) => formatBytes(memoryMax)),
  ],
};

/** The busiest first; what is not measured comes last, and of equals the first by name. */
export function busiest(rows: readonly Row[], by: TopOrder, count: number): readonly Row[] {
  const amount = (row: Row): number => (by in row ? (row as RowOf["Node"])[by] : undefined) ?? -1;
  return [...rows]
    .sort((a, b) => amount(b) - amount(a) || (a.name < b.name ? -1 : 1))
    .slice(0, count);
}

export function topTable(kind: TopKind, rows: readonly Row[], withNamespace: boolean): string {
  const more = MORE[kind] as readonly Column<Row>[];
  const names = more.map(({ name }) => name);
  const space = withNamespace && kind !== "Node";
  const head = [...(space ? ["NAMESPACE"] : []), "NAME", "STATE", "CPU", "MEMORY", ...names];
  const lines = rows.map((row) => {
    const { cpu, memory } = row as RowOf["Node"];
    return [
      ...(space ? [text(row.namespace)] : []),
      row.name,
      row.state,
      cpu === undefined ? "" : formatMilli(cpu),
      memory === undefined ? "" : formatBytes(memory),
      ...more.map(({ value }) => value(row)),
    ].map(printable);
  });
  return textTable([head, ...lines]);
}

/** One line over the table: the platform at a glance. */
export function overviewLine({ nodes, containers, players, rooms, allocations }: Overview): string {
  const { perSecond, p99Ms, waiting } = allocations;
  const p99 = p99Ms === null ? "" : `, p99 ${p99Ms.toFixed(1)} ms`;
  return [
    `nodes ${nodes.ready}/${nodes.total}`,
    `containers ${containers.running}/${containers.total}`,
    `players ${players}`,
    `rooms ${rooms}`,
    `allocations ${Math.round(perSecond * 10) / 10}/s${p99}`,
    ...(waiting > 0 ? [`waiting ${waiting}`] : []),
  ].join(" · ");
}
