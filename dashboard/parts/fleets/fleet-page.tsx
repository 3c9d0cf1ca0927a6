import type { JSX } from "preact";
import type { Fleet } from "../../../core/model/fleet.ts";
import type { FleetView } from "../../net/wire.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { EditButton } from "../actions/edit-button.tsx";
import {
  allocateAction,
  deleteAction,
  pauseAction,
  scaleAction,
} from "../actions/object-actions.ts";
import { Charts } from "../charts/charts.tsx";
import { ObjectEvents } from "../record/object-events.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { ObjectFrame } from "../shell/object-frame.tsx";
import { Fact, Panel, Why } from "../shell/states.tsx";
import { useResource } from "../shell/use-resource.ts";
import { playersText } from "../tables/columns.tsx";
import { AutoscalerPanel } from "./autoscaler-panel.tsx";
import { RevisionsPanel } from "./revisions-panel.tsx";
import { ServersPanel } from "./servers-panel.tsx";
import { StatesBar } from "./states-bar.tsx";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** One fleet: its states, who wants how many and why, and what can be done with it. */
export function FleetPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const overview = useStore(dashboard.overview);
  const loaded = useResource("Fleet", name, namespace);
  const { row } = loaded;
  const view = overview?.fleets.find((one) => one.name === name && one.namespace === namespace);
  const place = { namespace, name };
  return (
    <ObjectFrame
      page="fleets"
      name={name}
      loaded={loaded}
      actions={(fleet) => (
        <>
          <ActionBar
            actions={[
              allocateAction(dashboard, place),
              scaleAction(dashboard, "Fleet", place, fleet.spec.replicas),
              pauseAction(dashboard, place, fleet.spec.paused === true),
              deleteAction(dashboard, "Fleet", place),
            ]}
          />
          <EditButton kind="Fleet" object={fleet} touching={{ namespace, fleet: name }} />
        </>
      )}
    >
      {(fleet) => (
        <>
          <StatesPanel fleet={fleet} view={view} />
          <Why reason={row?.reason} message={row?.message} />
          <AutoscalerPanel place={place} view={view} />
          <Charts kind="Fleet" namespace={namespace} name={name} />
          <ServersPanel fleet={name} namespace={namespace} />
          <RevisionsPanel fleet={fleet} />
          <ObjectEvents kind="Fleet" namespace={namespace} name={name} />
        </>
      )}
    </ObjectFrame>
  );
}

function StatesPanel(props: {
  readonly fleet: Fleet;
  readonly view: FleetView | undefined;
}): JSX.Element {
  const texts = useTexts();
  const { spec, status } = props.fleet;
  const counts = props.view ?? {
    replicas: status.replicas,
    ready: status.readyReplicas,
    allocated: status.allocatedReplicas,
    reserved: status.reservedReplicas,
  };
  const strategy = spec.paused ? `${spec.strategy.type}, ${texts.isPaused}` : spec.strategy.type;
  const image = spec.template.spec.template.spec.containers[0]?.image ?? "";
  return (
    <Panel title={texts.states}>
      <StatesBar counts={counts} hasWords />
      <dl class="facts">
        <Fact label={texts.wanted}>{spec.replicas.toLocaleString()}</Fact>
        <Fact label={texts.players}>
          {playersText(props.view?.players, props.view?.playersMax)}
        </Fact>
        <Fact label={texts.rooms}>{props.view?.rooms ?? "–"}</Fact>
        <Fact label={texts.strategy}>{strategy}</Fact>
        <Fact label={texts.scheduling}>{spec.scheduling}</Fact>
        <Fact label={texts.image}>
          <code>{image}</code>
        </Fact>
      </dl>
    </Panel>
  );
}
