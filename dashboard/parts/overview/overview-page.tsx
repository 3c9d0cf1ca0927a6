import type { JSX } from "preact";
import type { FleetView, Overview } from "../../net/wire.ts";
import { digits, valueText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { Charts } from "../charts/charts.tsx";
import { FleetCard } from "../fleets/fleet-card.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Panel } from "../shell/states.tsx";
import { Capacity } from "./capacity.tsx";
import { FiringAlerts } from "./firing-alerts.tsx";

/** Everything at a glance, moving. */
export function OverviewPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const overview = useStore(dashboard.overview);
  if (!overview)
    return (
      <>
        <PageHead title={texts.overview} />
        <Loading />
      </>
    );
  return (
    <>
      <PageHead title={texts.overview} />
      <Tiles overview={overview} />
      <FiringAlerts count={overview.alerts.firing} />
      <Panel
        title={texts.fleets}
        end={
          <a class="panel-link" href={hashFor({ page: "fleets" })}>
            {texts.showAll}
          </a>
        }
      >
        <Fleets fleets={overview.fleets} />
      </Panel>
      <div class="two">
        <Capacity overview={overview} />
        <Services overview={overview} />
      </div>
      <Charts kind="Platform" />
    </>
  );
}

function Tiles({ overview }: { readonly overview: Overview }): JSX.Element {
  const texts = useTexts();
  const { players, rooms, allocations, alerts, nodes } = overview;
  const { perSecond, p99Ms, refusedPerSecond, waiting } = allocations;
  const beneath = [
    refusedPerSecond ? texts.refusedNow(digits(refusedPerSecond)) : "",
    waiting ? texts.waitingNow(waiting) : "",
  ].filter(Boolean);
  return (
    <ul class="tiles">
      <Tile label={texts.players} value={valueText(players)} below={texts.roomsNow(rooms)} />
      <Tile
        label={texts.allocationsPerSecond}
        value={valueText(perSecond)}
        below={beneath.join(" · ") || texts.noneRefused}
        isBad={Boolean(refusedPerSecond)}
      />
      <Tile label={texts.allocationP99} value={valueText(p99Ms, "ms")} below={texts.p99Below} />
      <Tile
        label={texts.nodes}
        value={`${nodes.ready}/${nodes.total}`}
        below={nodes.ready === nodes.total ? texts.allReady : texts.someNotReady}
        isBad={nodes.ready < nodes.total}
        href={hashFor({ page: "nodes" })}
      />
      <Tile
        label={texts.alerts}
        value={String(alerts.firing)}
        below={texts.pendingAlerts(alerts.pending)}
        isBad={alerts.firing > 0}
        href={hashFor({ page: "alerts" })}
      />
    </ul>
  );
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly below: string;
  readonly isBad?: boolean;
  readonly href?: string;
}
function Tile({ label, value, below, isBad, href }: TileProps): JSX.Element {
  return (
    <li class={isBad ? "tile tile-bad" : "tile"}>
      <span class="tile-label">{href ? <a href={href}>{label}</a> : label}</span>
      <strong class="tile-value">{value}</strong>
      <span class="tile-below">{below}</span>
    </li>
  );
}

const FLEETS_SHOWN = 12;

function Fleets({ fleets }: { readonly fleets: readonly FleetView[] }): JSX.Element {
  const texts = useTexts();
  if (fleets.length === 0)
    return <Empty text={texts.noFleets} command="flotilla apply -f examples/demo" />;
  return (
    <ul class="cards">
      {fleets.slice(0, FLEETS_SHOWN).map((fleet) => (
        <FleetCard key={`${fleet.namespace}/${fleet.name}`} fleet={fleet} level={3} />
      ))}
    </ul>
  );
}

function Services({ overview }: { readonly overview: Overview }): JSX.Element {
  const texts = useTexts();
  return (
    <Panel title={texts.services}>
      {overview.services.length === 0 && <Empty text={texts.noServices} />}
      <ul class="lines">
        {overview.services.map(({ namespace, name, replicas, ready }) => (
          <li key={`${namespace}/${name}`}>
            <a href={hashFor({ page: "services", namespace, name })}>{name}</a>
            <span class="number">{texts.readyOf(ready, replicas)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
