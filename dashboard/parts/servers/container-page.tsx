import type { JSX } from "preact";
import type { Container } from "../../../core/model/container.ts";
import { SERVICE_LABEL } from "../../../core/model/service.ts";
import { agoText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction, powerActions } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { LogPanel } from "../logs/log-panel.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { ObjectFrame } from "../shell/object-frame.tsx";
import { Fact, ObjectLink, Panel, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { Ports } from "./ports.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One container: what it does and why, what it uses, what it says, and its switch. */
export function ContainerPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const loaded = useResource("Container", name, namespace);
  const place = { namespace, name };
  return (
    <ObjectFrame
      page="containers"
      name={name}
      loaded={loaded}
      state={({ status }) => status.phase}
      actions={(container) => (
        <>
          <ActionBar
            actions={[
              ...powerActions(dashboard, place, container.spec.running),
              deleteAction(dashboard, "Container", place),
            ]}
          />
          <EditButton kind="Container" object={container} />
        </>
      )}
    >
      {(container) => (
        <>
          <Why reason={container.status.reason} message={container.status.message} />
          <Facts container={container} />
          <Charts kind="Container" namespace={namespace} name={name} />
          <LogPanel kind="Container" namespace={namespace} name={name} />
          <ObjectEvents kind="Container" namespace={namespace} name={name} />
        </>
      )}
    </ObjectFrame>
  );
}

function Facts({ container }: { readonly container: Container }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { metadata, spec, status } = container;
  const { namespace } = metadata;
  const service = metadata.labels?.[SERVICE_LABEL] ?? "";
  const exit = status.container?.exitCode;
  return (
    <Panel title={texts.facts}>
      <dl class="facts">
        <Fact label={texts.image}>
          <code>{spec.image}</code>
        </Fact>
        <Fact label={texts.node}>
          {status.nodeName ? <ObjectLink kind="Node" name={status.nodeName} /> : "–"}
        </Fact>
        <Fact label={texts.network}>
          <ObjectLink kind="Network" name={spec.network} namespace={namespace} />
        </Fact>
        <Fact label={texts.address}>{status.address || "–"}</Fact>
        <Fact label={texts.ports}>
          <Ports address={status.address} ports={status.ports} />
        </Fact>
        <Fact label={texts.service}>
          {service ? <ObjectLink kind="Service" name={service} namespace={namespace} /> : "–"}
        </Fact>
        <Fact label={texts.restarts}>{status.container?.restarts ?? 0}</Fact>
        <Fact label={texts.restartPolicy}>{spec.restartPolicy}</Fact>
        {exit !== undefined && <Fact label={texts.exitCode}>{exit}</Fact>}
        <Fact label={texts.age}>{agoText(Date.parse(metadata.creationTimestamp), now)}</Fact>
      </dl>
    </Panel>
  );
}
