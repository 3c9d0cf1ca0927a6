import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { allocatableOf, type Node } from "../../../core/model/node.ts";
import { agoText, dateText, valueText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { nodeActions } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { ServersPanel } from "../fleets/servers-panel.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useRows, useStore, useTexts } from "../shell/dashboard.ts";
import { Fact, Loading, PageHead, Panel, Problem, State, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { stateOf, textOf } from "../tables/columns.tsx";
import { useColumns } from "../tables/use-columns.ts";
import { VirtualTable } from "../tables/virtual-table.tsx";

/** One machine: how full it is, what runs there, and how it is emptied. */
export function NodePage({ name }: { readonly name: string }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { value: node, row, failure, again } = useResource("Node", name);
  const up = { href: hashFor({ page: "nodes" }), text: texts.nodes };
  if (!node)
    return (
      <>
        <PageHead title={name} up={up} />
        {failure === undefined ? <Loading /> : <Problem failure={failure} onAgain={again} />}
      </>
    );
  const { spec, status } = node;
  const state = row ? stateOf(row) : status.ready ? "Ready" : "NotReady";
  return (
    <>
      <PageHead title={name} up={up} beside={<State state={state} />}>
        <ActionBar actions={nodeActions(dashboard, name, spec.unschedulable)} />
      </PageHead>
      <Why reason={row?.reason} message={status.message ?? row?.message} />
      <Facts node={node} />
      <Charts kind="Node" name={name} />
      <ServersPanel node={name} />
      <ContainersOn node={name} />
      <ObjectEvents kind="Node" namespace="" name={name} />
    </>
  );
}

function Facts({ node }: { readonly node: Node }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { status, spec } = node;
  const most = allocatableOf(node);
  const { used } = status;
  const drain = spec.drain
    ? spec.drain.deadline
      ? texts.drainsUntil(dateText(Date.parse(spec.drain.deadline)))
      : texts.drains
    : texts.no;
  return (
    <Panel title={texts.facts}>
      <dl class="facts">
        <Fact label={texts.address}>{status.address || "–"}</Fact>
        <Fact label={texts.cpuAsked}>
          {valueText(used?.cpuMilli ?? 0, "milli")} / {valueText(most.cpuMilli, "milli")}
        </Fact>
        <Fact label={texts.memoryAsked}>
          {valueText(used?.memoryBytes ?? 0, "bytes")} / {valueText(most.memoryBytes, "bytes")}
        </Fact>
        <Fact label={texts.containers}>{used?.containers ?? 0}</Fact>
        <Fact label={texts.ports}>
          {status.portRange.min}–{status.portRange.max}
        </Fact>
        <Fact label={texts.isolation}>
          {status.driver} · {status.isolation}
        </Fact>
        <Fact label={texts.version}>{status.version}</Fact>
        {!status.ready && (
          <Fact label={texts.heard}>{texts.ago(agoText(Date.parse(status.heartbeatAt), now))}</Fact>
        )}
        <Fact label={texts.unschedulable}>{spec.unschedulable ? texts.yes : texts.no}</Fact>
        <Fact label={texts.drain}>{drain}</Fact>
      </dl>
    </Panel>
  );
}

function ContainersOn({ node }: { readonly node: string }): JSX.Element | null {
  const texts = useTexts();
  const { rows } = useRows("Container");
  const mine = useMemo(() => rows.filter((row) => textOf(row, "node") === node), [rows, node]);
  const columns = useColumns("Container", mine);
  if (mine.length === 0) return null;
  return (
    <Panel title={texts.containers}>
      <VirtualTable
        label={texts.containers}
        rows={mine}
        columns={columns}
        keyOf={(row) => row.uid}
      />
    </Panel>
  );
}
