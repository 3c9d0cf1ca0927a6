import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MapSummary, Page } from "../../net/wire.ts";
import { hashFor } from "../../view/route.ts";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { PageList } from "../shell/page-list.tsx";
import { MapCard } from "./map-card.tsx";
import { ShareDialog } from "./share-dialog.tsx";

export function MapsPage(): JSX.Element {
  const { services, session } = useMeet();
  const texts = useTexts();
  const [turn, setTurn] = useState(0);
  const [shared, setShared] = useState<MapSummary>();
  // One's own are in the list above already.
  const others = async (after?: string): Promise<Page<MapSummary>> => {
    const page = await services.publicMaps(after);
    const me = session.kept.value?.user_id.toLowerCase();
    return { ...page, items: page.items.filter(({ creator }) => creator !== me) };
  };
  const card = (map: MapSummary): JSX.Element => (
    <MapCard
      key={map.map_id}
      map={map}
      onChange={() => setTurn((n) => n + 1)}
      onShare={() => setShared(map)}
    />
  );
  return (
    <>
      <PageList
        title={texts.myMaps}
        none={texts.noMaps}
        load={services.myMaps}
        turn={turn}
        show={card}
        action={
          <a class="button main" href={hashFor({ page: "edit" })}>
            <Icon name="plus" />
            {texts.newMap}
          </a>
        }
      />
      <PageList
        title={texts.publicMaps}
        none={texts.noPublicMaps}
        load={others}
        turn={turn}
        show={card}
      />
      {shared && (
        <ShareDialog
          map={shared}
          onChange={() => setTurn((n) => n + 1)}
          onClose={() => setShared(undefined)}
        />
      )}
    </>
  );
}
