import type { JSX } from "preact";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead } from "../shell/states.tsx";
import { Filter } from "../tables/filter.tsx";
import { FleetCard } from "./fleet-card.tsx";

/** More cards than anybody looks at: the rest is found by the search. */
const SHOWN_MAX = 60;

export function FleetsPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const overview = useStore(dashboard.overview);
  const route = useStore(dashboard.route);
  const { q = "", namespace = "" } = route.query;
  const fleets = (overview?.fleets ?? []).filter(
    (fleet) =>
      (namespace === "" || fleet.namespace === namespace) &&
      fleet.name.includes(q.trim().toLowerCase()),
  );
  const namespaces = [...new Set((overview?.fleets ?? []).map((fleet) => fleet.namespace))].sort();
  return (
    <>
      <PageHead title={texts.fleets} beside={<span class="count">{fleets.length}</span>} />
      <Filter
        query={route.query}
        onQuery={(query) => {
          history.replaceState(null, "", hashFor({ page: "fleets", query }));
          dashboard.route.set({ ...route, query });
        }}
        fields={
          namespaces.length > 1
            ? [{ key: "namespace", label: texts.namespace, values: namespaces }]
            : []
        }
      />
      {!overview && <Loading />}
      {overview?.fleets.length === 0 && (
        <Empty text={texts.noFleets} command="flotilla apply -f examples/demo" />
      )}
      {overview && overview.fleets.length > 0 && fleets.length === 0 && (
        <Empty text={texts.nothingMatches} />
      )}
      <ul class="cards">
        {fleets.slice(0, SHOWN_MAX).map((fleet) => (
          <FleetCard key={`${fleet.namespace}/${fleet.name}`} fleet={fleet} level={2} />
        ))}
      </ul>
      {fleets.length > SHOWN_MAX && (
        <p class="hint">{texts.moreThanShown(fleets.length - SHOWN_MAX)}</p>
      )}
    </>
  );
}
