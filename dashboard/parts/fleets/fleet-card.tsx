import type { JSX } from "preact";
import type { FleetView } from "../../net/wire.ts";
import { reasonText } from "../../texts/texts.ts";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { playersText } from "../tables/columns.tsx";
import { StatesBar } from "./states-bar.tsx";

/** One fleet at a glance: what its servers are, who plays, and what the autoscaler wants and why. */
export function FleetCard(props: {
  readonly fleet: FleetView;
  /** Of its heading: below that of a panel, or of the page. */
  readonly level: 2 | 3;
}): JSX.Element {
  const { fleet, level } = props;
  const Heading = `h${level}` as const;
  const dashboard = useDashboard();
  const texts = useTexts();
  const language = useStore(dashboard.language);
  const { namespace, name, replicas, desired, autoscaler } = fleet;
  const because = autoscaler?.because ?? "";
  return (
    <li class="card">
      <header class="card-head">
        <Heading>
          <a class="row-link" href={hashFor({ page: "fleets", namespace, name })}>
            {name}
          </a>
        </Heading>
        {namespace !== "default" && <span class="hint">{namespace}</span>}
        <span class="grow" />
        <span class="card-number">
          {replicas.toLocaleString()}
          {desired !== replicas && <span class="hint"> → {desired.toLocaleString()}</span>}
        </span>
      </header>
      <StatesBar counts={fleet} hasWords />
      <p class="card-line">
        {texts.players} <strong>{playersText(fleet.players, fleet.playersMax)}</strong>
      </p>
      {autoscaler && (
        <p class="card-why" title={autoscaler.message}>
          {texts.wants(autoscaler.desired)}
          {because && `: ${reasonText(because, language) ?? because}`}
          {autoscaler.message && <span class="card-message"> {autoscaler.message}</span>}
        </p>
      )}
    </li>
  );
}
