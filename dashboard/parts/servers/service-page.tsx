import type { JSX } from "preact";
import { hashFor } from "../../view/route.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import { deleteAction, scaleAction } from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useRows, useTexts } from "../shell/dashboard.ts";
import { Empty, Fact, Loading, PageHead, Panel, Problem, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { textOf } from "../tables/columns.tsx";
import { useColumns } from "../tables/use-columns.ts";
import { VirtualTable } from "../tables/virtual-table.tsx";
import { Ports } from "./ports.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One service: its replicas, where it is reached, and what its autoscaling wants and why. */
export function ServicePage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { value: service, failure, again } = useResource("Service", name, namespace);
  const up = { href: hashFor({ page: "services" }), text: texts.services };
  if (!service)
    return (
      <>
        <PageHead title={name} up={up} />
        {failure === undefined ? <Loading /> : <Problem failure={failure} onAgain={again} />}
      </>
    );
  const { status, spec } = service;
  const place = { namespace, name };
  return (
    <>
      <PageHead title={name} up={up}>
        <ActionBar
          actions={[
            scaleAction(dashboard, "Service", place, spec.replicas),
            deleteAction(dashboard, "Service", place),
          ]}
        />
        <EditButton kind="Service" object={service} />
      </PageHead>
      <Why reason={status.reason} message={status.message} />
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
              <strong>{texts.wants(status.autoscaling?.desiredReplicas ?? spec.replicas)}</strong>{" "}
              <span class="hint">
                {texts.bounds} {spec.autoscaling.minReplicas} – {spec.autoscaling.maxReplicas}
              </span>
            </p>
            <Why
              reason={status.autoscaling?.reason}
              message={status.autoscaling?.message ?? texts.noDecision}
            />
          </>
        )}
      </Panel>
      <Charts kind="Service" namespace={namespace} name={name} />
      <Replicas {...place} />
      <ObjectEvents kind="Service" namespace={namespace} name={name} />
    </>
  );
}

function Replicas({ namespace, name }: Place): JSX.Element {
  const texts = useTexts();
  const { rows } = useRows("Container");
  const mine = rows.filter((row) => row.namespace === namespace && textOf(row, "service") === name);
  const columns = useColumns("Container", mine);
  return (
    <Panel title={texts.replicas}>
      {mine.length === 0 ? (
        <Empty text={texts.noContainers} />
      ) : (
        <VirtualTable
          label={texts.replicas}
          rows={mine}
          columns={columns}
          keyOf={(row) => row.uid}
        />
      )}
    </Panel>
  );
}
