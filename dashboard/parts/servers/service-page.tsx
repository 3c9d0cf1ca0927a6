import type { JSX } from "preact";
import type { Service } from "../../../core/model/service.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction, scaleAction } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { ObjectFrame } from "../shell/object-frame.tsx";
import { Fact, Panel, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { textOf } from "../tables/columns.tsx";
import { ContainersPanel } from "./containers-panel.tsx";
import { Ports } from "./ports.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One service: its replicas, where it is reached, and what its autoscaling wants and why. */
export function ServicePage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const loaded = useResource("Service", name, namespace);
  const place = { namespace, name };
  return (
    <ObjectFrame
      page="services"
      name={name}
      loaded={loaded}
      actions={(service) => (
        <>
          <ActionBar
            actions={[
              scaleAction(dashboard, "Service", place, service.spec.replicas),
              deleteAction(dashboard, "Service", place),
            ]}
          />
          <EditButton kind="Service" object={service} />
        </>
      )}
    >
      {(service) => (
        <>
          <Why reason={service.status.reason} message={service.status.message} />
          <Facts service={service} />
          <Charts kind="Service" namespace={namespace} name={name} />
          <ContainersPanel
            title={texts.replicas}
            isShown={(row) => row.namespace === namespace && textOf(row, "service") === name}
          />
          <ObjectEvents kind="Service" namespace={namespace} name={name} />
        </>
      )}
    </ObjectFrame>
  );
}

function Facts({ service: { spec, status } }: { readonly service: Service }): JSX.Element {
  const texts = useTexts();
  const { autoscaling } = status;
  return (
    <Panel title={texts.facts}>
      <dl class="facts">
        <Fact label={texts.ready}>{texts.readyOf(status.readyReplicas, spec.replicas)}</Fact>
        <Fact label={texts.address}>{status.address || "–"}</Fact>
        <Fact label={texts.ports}>
          <Ports address={status.address} ports={spec.ports} />
        </Fact>
        <Fact label={texts.image}>
          <code>{spec.template.spec.image}</code>
        </Fact>
      </dl>
      {spec.autoscaling && (
        <>
          <p class="decision">
            <strong>{texts.wants(autoscaling?.desiredReplicas ?? spec.replicas)}</strong>{" "}
            <span class="hint">
              {texts.bounds} {spec.autoscaling.minReplicas} – {spec.autoscaling.maxReplicas}
            </span>
          </p>
          <Why reason={autoscaling?.reason} message={autoscaling?.message ?? texts.noDecision} />
        </>
      )}
    </Panel>
  );
}
