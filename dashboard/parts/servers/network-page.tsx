import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { hashFor } from "../../view/route.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction } from "../actions/object-actions.ts";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useRows, useTexts } from "../shell/dashboard.ts";
import { Empty, Fact, Loading, PageHead, Panel, Problem, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { textOf } from "../tables/columns.tsx";
import { useColumns } from "../tables/use-columns.ts";
import { VirtualTable } from "../tables/virtual-table.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One network: its addresses, whether it leads outside, and who is on it. */
export function NetworkPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { value: network, failure, again } = useResource("Network", name, namespace);
  const { rows } = useRows("Container");
  const on = useMemo(
    () => rows.filter((row) => textOf(row, "network") === name && row.namespace === namespace),
    [rows, name, namespace],
  );
  const columns = useColumns("Container", on);
  const up = { href: hashFor({ page: "networks" }), text: texts.networks };
  if (!network)
    return (
      <>
        <PageHead title={name} up={up} />
        {failure === undefined ? <Loading /> : <Problem failure={failure} onAgain={again} />}
      </>
    );
  const { spec, status } = network;
  return (
    <>
      <PageHead title={name} up={up}>
        <ActionBar actions={[deleteAction(dashboard, "Network", { namespace, name })]} />
        <EditButton kind="Network" object={network} />
      </PageHead>
      <Why message={status.message} />
      <Panel title={texts.facts}>
        <dl class="facts">
          <Fact label={texts.subnet}>{spec.subnet ?? texts.nodesPool}</Fact>
          <Fact label={texts.outside}>{spec.outside ? texts.open : texts.closed}</Fact>
        </dl>
      </Panel>
      <Panel title={texts.containers}>
        {on.length === 0 ? (
          <Empty text={texts.noContainers} />
        ) : (
          <VirtualTable
            label={texts.containers}
            rows={on}
            columns={columns}
            keyOf={(row) => row.uid}
          />
        )}
      </Panel>
      <ObjectEvents kind="Network" namespace={namespace} name={name} />
    </>
  );
}
