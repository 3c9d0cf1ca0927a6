import type { JSX } from "preact";
import { mostOf, targetOf } from "../../../core/model/autoscaler-target.ts";
import type { FleetAutoscaler, PolicyStatus } from "../../../core/model/fleet-autoscaler.ts";
import { replicaRangeOf } from "../../../core/model/fleet-autoscaler.ts";
import { pathOf } from "../../net/paths.ts";
import type { FleetView, PageOf } from "../../net/wire.ts";
import { agoText } from "../../view/format.ts";
import { EditButton } from "../actions/edit-button.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Fact, Loading, Panel, Problem, Why } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { PlainTable } from "../tables/plain-table.tsx";

interface PanelProps {
  readonly place: { readonly namespace: string; readonly name: string };
  readonly view: FleetView | undefined;
}

/** What the autoscalers of a fleet want, and why. */
export function AutoscalerPanel({ place, view }: PanelProps): JSX.Element {
  const texts = useTexts();
  const path = pathOf("FleetAutoscaler", { namespace: place.namespace });
  const when = JSON.stringify([view?.autoscaler, view?.desired]);
  const { value, failure, again } = useLoaded<PageOf<FleetAutoscaler>>({ path }, when);
  const mine = value?.items.filter(({ spec }) => spec.fleetName === place.name);
  return (
    <Panel title={texts.autoscaler}>
      {!mine && failure === undefined && <Loading />}
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {mine?.length === 0 && (
        <Empty
          text={texts.noAutoscaler}
          command="flotilla apply -f examples/demo/autoscaler.yaml"
        />
      )}
      {mine?.map((one) => (
        <OneAutoscaler key={one.metadata.uid} autoscaler={one} place={place} />
      ))}
    </Panel>
  );
}

function OneAutoscaler(props: {
  readonly autoscaler: FleetAutoscaler;
  readonly place: PanelProps["place"];
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { metadata, spec, status } = props.autoscaler;
  const [least] = replicaRangeOf(spec.policy);
  const { namespace, name } = props.place;
  const scaledAt = status.lastScaleTime ? Date.parse(status.lastScaleTime) : undefined;
  return (
    <div class="autoscaler">
      <div class="row">
        <p class="decision grow">
          <strong>{texts.wants(status.desiredReplicas)}</strong>{" "}
          <span class="hint">{texts.found(status.currentReplicas)}</span>
        </p>
        <EditButton
          kind="FleetAutoscaler"
          object={props.autoscaler}
          touching={{ namespace, fleet: name }}
          label={texts.editPolicy}
        />
      </div>
      <Why reason={status.reason} message={status.message || texts.noDecision} />
      <dl class="facts">
        <Fact label={texts.name}>{metadata.name}</Fact>
        <Fact label={texts.policy}>{spec.policy.type}</Fact>
        <Fact label={texts.target}>{targetOf(spec.policy)}</Fact>
        <Fact label={texts.bounds}>
          {least} – {mostOf(spec.policy)}
        </Fact>
        <Fact label={texts.lastScaled}>
          {scaledAt === undefined ? texts.never : texts.ago(agoText(scaledAt, now))}
        </Fact>
      </dl>
      {(status.policies?.length ?? 0) > 0 && <Policies policies={status.policies ?? []} />}
    </div>
  );
}

function Policies({ policies }: { readonly policies: readonly PolicyStatus[] }): JSX.Element {
  const texts = useTexts();
  return (
    <PlainTable heads={[texts.policy, { number: texts.wanted }, texts.why]}>
      {policies.map(({ id, type, desiredReplicas, limited, reason, message }) => (
        <tr key={id}>
          <th scope="row">
            {id} <span class="hint">{type}</span>
          </th>
          <td class="number">{desiredReplicas}</td>
          <td>
            <Why reason={reason ?? (limited ? "ScalingLimited" : undefined)} message={message} />
          </td>
        </tr>
      ))}
    </PlainTable>
  );
}
