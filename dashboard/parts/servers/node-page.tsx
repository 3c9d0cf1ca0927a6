import type { JSX } from "preact";
import { allocatableOf, type Node } from "../../../core/model/node.ts";
import { agoText, dateText, valueText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { deleteAction, nodeActions } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { ServersPanel } from "../fleets/servers-panel.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { ObjectFrame } from "../shell/object-frame.tsx";
import { Fact, Panel, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { stateOf, textOf } from "../tables/columns.tsx";
import { ContainersPanel } from "./containers-panel.tsx";

/** One machine: how full it is, what runs there, and how it is emptied. */
export function NodePage({ name }: { readonly name: string }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const loaded = useResource("Node", name);
  const { row } = loaded;
  return (
    <ObjectFrame
      page="nodes"
      name={name}
      loaded={loaded}
      state={({ status }) => (row ? stateOf(row) : status.ready ? "Ready" : "NotReady")}
      actions={({ spec, status }) => (
        <ActionBar
          actions={[
            ...nodeActions(dashboard, name, spec.unschedulable),
            // A machine that is there would be known again at once.
            ...(status.ready ? [] : [deleteAction(dashboard, "Node", { namespace: "", name })]),
          ]}
        />
      )}
    >
      {(node) => (
        <>
          <Why reason={row?.reason} message={node.status.message ?? row?.message} />
          <Facts node={node} />
          <Charts kind="Node" name={name} />
          <ServersPanel node={name} />
          <ContainersPanel
            title={texts.containers}
            isShown={(one) => textOf(one, "node") === name}
          />
          <ObjectEvents kind="Node" namespace="" name={name} />
        </>
      )}
    </ObjectFrame>
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
