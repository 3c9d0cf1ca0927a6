import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Row, RowKind } from "../../net/wire.ts";
import type { Texts } from "../../texts/texts.ts";
import { hashFor, type Route } from "../../view/route.ts";
import { useDashboard, useRows, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";
import { textOf } from "./columns.tsx";
import { Filter, type FilterField, keptBy } from "./filter.tsx";
import { useColumns } from "./use-columns.ts";
import { VirtualTable } from "./virtual-table.tsx";

type Listed = Exclude<RowKind, "Fleet">;

/** All objects of one kind: searched, narrowed, ordered. */
export function ListPage({ kind }: { readonly kind: Listed }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const found = useRows(kind);
  const route = useStore(dashboard.route);
  const title = titleOf(kind, texts);
  const kept = useMemo(() => keptBy(found.rows, route.query), [found.rows, route.query]);
  const fields = useMemo(() => fieldsOf(kind, found.rows, texts), [kind, found.rows, texts]);
  const change = (query: Route["query"]): void =>
    // It is the same page: no step back leads through each letter.
    history.replaceState(null, "", hashFor({ page: route.page, query }));
  const setQuery = (query: Route["query"]): void => {
    change(query);
    dashboard.route.set({ ...route, query });
  };
  return (
    <>
      <PageHead title={title} beside={<span class="count">{kept.length.toLocaleString()}</span>} />
      <Filter query={route.query} onQuery={setQuery} fields={fields} />
      {found.is === "failed" && <Problem failure={found.failure} />}
      {found.is === "loading" && found.rows.length === 0 && <Loading />}
      {found.is === "ready" && (
        <Found kind={kind} all={found.rows.length} rows={kept} title={title} />
      )}
      {found.more > 0 && <p class="hint">{texts.moreThanHeld(found.more)}</p>}
    </>
  );
}

function Found(props: {
  readonly kind: Listed;
  readonly all: number;
  readonly rows: readonly Row[];
  readonly title: string;
}): JSX.Element {
  const texts = useTexts();
  const columns = useColumns(props.kind, props.rows);
  if (props.all === 0) return <Empty {...emptyOf(props.kind, texts)} />;
  if (props.rows.length === 0) return <Empty text={texts.nothingMatches} />;
  return (
    <VirtualTable
      label={props.title}
      rows={props.rows}
      columns={columns}
      keyOf={(row) => row.uid}
    />
  );
}

function titleOf(kind: Listed, texts: Texts): string {
  const titles = {
    GameServer: texts.gameservers,
    Container: texts.containers,
    Service: texts.services,
    Node: texts.nodes,
    Network: texts.networks,
    Room: texts.rooms,
  };
  return titles[kind];
}

function emptyOf(kind: Listed, texts: Texts): { text: string; command: string } {
  const rows = {
    GameServer: [texts.noGameServers, "flotilla apply -f examples/demo"],
    Container: [texts.noContainers, "flotilla apply -f examples/red-blue/red-blue.yaml"],
    Service: [texts.noServices, "flotilla apply -f examples/service"],
    Node: [texts.noNodes, "flotilla node token"],
    Network: [texts.noNetworks, "flotilla apply -f examples/red-blue/red-blue.yaml"],
    Room: [texts.noRooms, "flotilla room --help"],
  } as const;
  const [text, command] = rows[kind];
  return { text, command };
}

/** What a list can be narrowed by: values that there are. */
function fieldsOf(kind: Listed, rows: readonly Row[], texts: Texts): readonly FilterField[] {
  const values = (of: (row: Row) => string): readonly string[] =>
    [...new Set(rows.map(of))].filter(Boolean).sort();
  const state = { key: "state", label: texts.state, values: values((row) => row.state) };
  const fields = [state];
  const add = (key: string, label: string): void => {
    fields.push({ key, label, values: values((row) => textOf(row, key)) });
  };
  if (kind === "GameServer" || kind === "Room") add("fleet", texts.fleet);
  if (kind === "GameServer" || kind === "Container" || kind === "Room") add("node", texts.node);
  if (kind !== "Node") add("namespace", texts.namespace);
  return fields.filter(({ key, values: some }) => some.length > 1 || key === "state");
}
