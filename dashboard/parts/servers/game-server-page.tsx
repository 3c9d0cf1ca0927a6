import type { JSX } from "preact";
import { FLEET_LABEL } from "../../../core/model/fleet.ts";
import type { Counters, GameServer, Lists } from "../../../core/model/game-server.ts";
import { agoText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { deleteAction } from "../actions/object-actions.ts";
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

/** One game server: what it is and why, who plays, what it uses, what it says. */
export function GameServerPage({ namespace, name }: Place): JSX.Element {
  const dashboard = useDashboard();
  const loaded = useResource("GameServer", name, namespace);
  return (
    <ObjectFrame
      page="gameservers"
      name={name}
      loaded={loaded}
      state={({ status }) => status.state}
      actions={() => (
        <ActionBar actions={[deleteAction(dashboard, "GameServer", { namespace, name })]} />
      )}
    >
      {(server) => (
        <>
          <Why reason={server.status.reason} message={server.status.message} />
          <Facts server={server} />
          <Charts kind="GameServer" namespace={namespace} name={name} />
          <LogPanel kind="GameServer" namespace={namespace} name={name} />
          <ObjectEvents kind="GameServer" namespace={namespace} name={name} />
        </>
      )}
    </ObjectFrame>
  );
}

function Facts({ server }: { readonly server: GameServer }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const { metadata, status } = server;
  const fleet = metadata.labels?.[FLEET_LABEL] ?? "";
  return (
    <Panel title={texts.facts}>
      <dl class="facts">
        <Fact label={texts.fleet}>
          {fleet ? <ObjectLink kind="Fleet" name={fleet} namespace={metadata.namespace} /> : "–"}
        </Fact>
        <Fact label={texts.node}>
          {status.nodeName ? <ObjectLink kind="Node" name={status.nodeName} /> : "–"}
        </Fact>
        <Fact label={texts.ports}>
          <Ports address={status.address} ports={status.ports} />
        </Fact>
        <Fact label={texts.health}>{status.health ?? "–"}</Fact>
        <Fact label={texts.age}>{agoText(Date.parse(metadata.creationTimestamp), now)}</Fact>
        <Fact label={texts.restarts}>{status.container?.restarts ?? 0}</Fact>
        {sums(status.counters, status.lists).map(({ name, count, capacity }) => (
          <Fact key={name} label={name}>
            {count} / {capacity}
          </Fact>
        ))}
      </dl>
      <Players lists={status.lists} />
    </Panel>
  );
}

function sums(
  counters: Counters = {},
  lists: Lists = {},
): readonly { name: string; count: number; capacity: number }[] {
  return [
    ...Object.entries(counters).map(([name, one]) => ({ name, ...one })),
    ...Object.entries(lists).map(([name, { values, capacity }]) => ({
      ...{ name, capacity },
      count: values.length,
    })),
  ];
}

const VALUES_SHOWN = 100;

/** The values of its lists, such as who plays: text of the game, shown as text. */
function Players({ lists = {} }: { readonly lists: Lists | undefined }): JSX.Element | null {
  const full = Object.entries(lists).filter(([, { values }]) => values.length > 0);
  if (full.length === 0) return null;
  return (
    <>
      {full.map(([name, { values }]) => (
        <p key={name} class="values">
          <span class="hint">{name}</span>
          {values.slice(0, VALUES_SHOWN).map((value) => (
            <code key={value}>{value}</code>
          ))}
          {values.length > VALUES_SHOWN && <span>+{values.length - VALUES_SHOWN}</span>}
        </p>
      ))}
    </>
  );
}
