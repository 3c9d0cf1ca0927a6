import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { hashFor } from "../../view/route.ts";
import { useRows, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, Panel, Problem } from "../shell/states.tsx";
import { textOf } from "../tables/columns.tsx";
import { useColumns } from "../tables/use-columns.ts";
import { VirtualTable } from "../tables/virtual-table.tsx";

/** The game servers of a fleet, or those on a node. */
export function ServersPanel(props: {
  readonly fleet?: string;
  readonly namespace?: string;
  readonly node?: string;
}): JSX.Element {
  const { fleet, namespace, node } = props;
  const texts = useTexts();
  const { rows, is, failure } = useRows("GameServer");
  const mine = useMemo(
    () =>
      rows.filter(
        (row) =>
          (fleet === undefined || textOf(row, "fleet") === fleet) &&
          (namespace === undefined || row.namespace === namespace) &&
          (node === undefined || textOf(row, "node") === node),
      ),
    [rows, fleet, namespace, node],
  );
  const columns = useColumns("GameServer", mine);
  const query = { ...(fleet ? { fleet } : {}), ...(node ? { node } : {}) };
  return (
    <Panel
      title={`${texts.gameservers} (${mine.length.toLocaleString()})`}
      end={
        <a class="panel-link" href={hashFor({ page: "gameservers", query })}>
          {texts.search}
        </a>
      }
    >
      {is === "failed" && <Problem failure={failure} />}
      {is === "loading" && <Loading />}
      {is === "ready" && mine.length === 0 && <Empty text={texts.noGameServers} />}
      {mine.length > 0 && (
        <VirtualTable
          label={texts.gameservers}
          rows={mine}
          columns={columns}
          keyOf={(row) => row.uid}
        />
      )}
    </Panel>
  );
}
