import type { JSX } from "preact";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";
import { Filter } from "../tables/filter.tsx";
import { EventTable } from "./event-table.tsx";
import { useEvents } from "./use-events.ts";

const SHOWN = 200;

/** What happens, as it happens. */
export function EventsPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const route = useStore(dashboard.route);
  const { events, failure } = useEvents(() => true);
  const { q = "", type = "", kind = "" } = route.query;
  const part = q.trim().toLowerCase();
  const kept = (events ?? []).filter(
    (event) =>
      (type === "" || event.type === type) &&
      (kind === "" || event.involvedObject.kind === kind) &&
      [event.reason, event.message, event.involvedObject.name].some((text) =>
        text.toLowerCase().includes(part),
      ),
  );
  const kinds = [...new Set((events ?? []).map((event) => event.involvedObject.kind))].sort();
  return (
    <>
      <PageHead title={texts.events} />
      <Filter
        query={route.query}
        onQuery={(query) => {
          history.replaceState(null, "", hashFor({ page: "events", query }));
          dashboard.route.set({ ...route, query });
        }}
        fields={[
          { key: "type", label: texts.type, values: ["Normal", "Warning"] },
          { key: "kind", label: texts.kind, values: kinds },
        ]}
      />
      {failure !== undefined && <Problem failure={failure} />}
      {!events && failure === undefined && <Loading />}
      {events && kept.length === 0 && (
        <Empty text={events.length === 0 ? texts.noEvents : texts.nothingMatches} />
      )}
      {kept.length > 0 && (
        <div class="panel">
          <EventTable events={kept.slice(0, SHOWN)} hasObject />
        </div>
      )}
      {kept.length > SHOWN && <p class="hint">{texts.moreThanShown(kept.length - SHOWN)}</p>}
    </>
  );
}
