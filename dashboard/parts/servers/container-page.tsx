import type { JSX } from "preact";
import type { Container } from "../../../core/model/container.ts";
import { SERVICE_LABEL } from "../../../core/model/service.ts";
import { agoText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction, powerActions } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { LogPanel } from "../logs/log-panel.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import {
  Fact,
  Loading,
  ObjectLink,
  PageHead,
  Panel,
  Problem,
  State,
  Why,
} from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { Ports } from "./ports.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One container: what it does and why, what it uses, what it says, and its switch. */
export function ContainerPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { value: container, failure, again } = useResource("Container", name, namespace);
  const up = { href: hashFor({ page: "containers" }), text: texts.containers };
  if (!container)
    return (
      <>
        <PageHead title={name} up={up} />
        {failure === undefined ? <Loading /> : <Problem failure={failure} onAgain={again} />}
      </>
    );
  const { status, spec, metadata } = container;
  const state = metadata.deletionTimestamp ? "Terminating" : status.phase;
  const place = { namespace, name };
  return (
    <>
      <PageHead title={name} up={up} beside={<State state={state} />}>
        <ActionBar
          actions={[
            ...powerActions(dashboard, place, spec.running),
            deleteAction(dashboard, "Container", place),
          ]}
        />
        <EditButton kind="Container" object={container} />
      </PageHead>
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      <Why reason={status.reason} message={status.message} />
      <Facts container={container} />
      <Charts kind="Container" namespace={namespace} name={name} />
      <LogPanel kind="Container" namespace={namespace} name={name} />
      <ObjectEvents kind="Container" namespace={namespace} name={name} />
    </>
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
