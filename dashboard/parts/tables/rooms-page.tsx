import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Room } from "../../../core/model/room.ts";
import { pathOf } from "../../net/paths.ts";
import type { PageOf } from "../../net/wire.ts";
import type { Texts } from "../../texts/texts.ts";
import { agoText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, ObjectLink, PageHead, Problem, State } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { Filter } from "./filter.tsx";
import { type Column, VirtualTable } from "./virtual-table.tsx";

const EVERY_MS = 2_000;

/** The rooms that are played in, and how full they are. */
export function RoomsPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const route = useStore(dashboard.route);
  const when = Math.floor(now / EVERY_MS);
  const { value, failure, again } = useLoaded<PageOf<Room>>({ path: pathOf("Room") }, when);
  const { q = "", fleet = "" } = route.query;
  const part = q.trim().toLowerCase();
  const rooms = (value?.items ?? []).filter(
    ({ metadata, spec, status }) =>
      (fleet === "" || spec.fleet === fleet) &&
      [metadata.name, status.gameServer].some((text) => text.toLowerCase().includes(part)),
  );
  const fleets = [...new Set((value?.items ?? []).map(({ spec }) => spec.fleet))].sort();
  const columns = useMemo(() => columnsFor(texts, now), [texts, now]);
  return (
    <>
      <PageHead title={texts.rooms} beside={<span class="count">{rooms.length}</span>} />
      <Filter
        query={route.query}
        onQuery={(query) => {
          history.replaceState(null, "", hashFor({ page: "rooms", query }));
          dashboard.route.set({ ...route, query });
        }}
        fields={[{ key: "fleet", label: texts.fleet, values: fleets }]}
      />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!value && failure === undefined && <Loading />}
      {value?.items.length === 0 && <Empty text={texts.noRooms} command="flotilla room --help" />}
      {value && value.items.length > 0 && rooms.length === 0 && (
        <Empty text={texts.nothingMatches} />
      )}
      {rooms.length > 0 && (
        <VirtualTable
          label={texts.rooms}
          rows={rooms}
          columns={columns}
          keyOf={({ metadata }) => metadata.uid}
        />
      )}
    </>
  );
}

function columnsFor(texts: Texts, nowMs: number): readonly Column<Room>[] {
  return [
    {
      ...{ key: "name", label: texts.name },
      cell: ({ metadata }) => metadata.name,
      order: ({ metadata }) => metadata.name,
    },
    {
      ...{ key: "state", label: texts.state },
      cell: ({ spec }) => <State state={spec.open ? "Open" : "Closed"} />,
      order: ({ spec }) => Number(spec.open),
    },
    {
      ...{ key: "seats", label: texts.seats, isNumber: true },
      cell: ({ spec, status }) => `${Object.keys(status.seats).length}/${spec.capacity}`,
      order: ({ status }) => Object.keys(status.seats).length,
    },
    {
      ...{ key: "server", label: texts.gameserver },
      cell: ({ metadata, status }) => (
        <ObjectLink
          kind="GameServer"
          name={status.gameServer}
          namespace={metadata.namespace}
          class="row-link"
        />
      ),
      order: ({ status }) => status.gameServer,
    },
    {
      ...{ key: "fleet", label: texts.fleet, isWide: true },
      cell: ({ metadata, spec }) => (
        <ObjectLink kind="Fleet" name={spec.fleet} namespace={metadata.namespace} />
      ),
      order: ({ spec }) => spec.fleet,
    },
    {
      ...{ key: "age", label: texts.age, isNumber: true, isWide: true },
      cell: ({ metadata }) => agoText(Date.parse(metadata.creationTimestamp), nowMs),
      order: ({ metadata }) => -Date.parse(metadata.creationTimestamp),
    },
  ];
}
