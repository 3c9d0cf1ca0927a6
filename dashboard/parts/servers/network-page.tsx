import type { JSX } from "preact";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction } from "../actions/object-actions.ts";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { ObjectFrame } from "../shell/object-frame.tsx";
import { Fact, Panel, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { textOf } from "../tables/columns.tsx";
import { ContainersPanel } from "./containers-panel.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One network: its addresses, whether it leads outside, and who is on it. */
export function NetworkPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const loaded = useResource("Network", name, namespace);
  return (
    <ObjectFrame
      page="networks"
      name={name}
      loaded={loaded}
      actions={(network) => (
        <>
          <ActionBar actions={[deleteAction(dashboard, "Network", { namespace, name })]} />
          <EditButton kind="Network" object={network} />
        </>
      )}
    >
      {({ spec, status }) => (
        <>
          <Why message={status.message} />
          <Panel title={texts.facts}>
            <dl class="facts">
              <Fact label={texts.subnet}>{spec.subnet ?? texts.nodesPool}</Fact>
              <Fact label={texts.outside}>{spec.outside ? texts.open : texts.closed}</Fact>
            </dl>
          </Panel>
          <ContainersPanel
            title={texts.containers}
            isShown={(row) => textOf(row, "network") === name && row.namespace === namespace}
          />
          <ObjectEvents kind="Network" namespace={namespace} name={name} />
        </>
      )}
    </ObjectFrame>
  );
}
