import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MapSummary } from "../../net/wire.ts";
import { hashFor } from "../../view/route.ts";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { MapPreview } from "./map-preview.tsx";

interface MapCardProps {
  readonly map: MapSummary;
  readonly onChange: () => void;
  readonly onShare: () => void;
}

export function MapCard({ map, onChange, onShare }: MapCardProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const [isBusy, setBusy] = useState(false);
  const isMine = map.creator === meet.session.kept.value?.user_id.toLowerCase();
  const play = hashFor({ page: "play", map: map.map_id });
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    await work().then(onChange, (error: unknown) => meet.tell(error));
    setBusy(false);
  };
  const remove = (): void => {
    if (confirm(texts.sureToDelete(map.name)))
      void change(() => meet.services.deleteMap(map.map_id));
  };
  const publish = (): void =>
    void change(() => meet.services.publishMap(map.map_id, !map.published));
  return (
    <article class="card" aria-label={map.name}>
      <div class="card-picture">
        <MapPreview map={map} />
      </div>
      <div class="card-body">
        <div class="card-head">
          <h3>{map.name}</h3>
          {isMine && <CardSigns isBusy={isBusy} onShare={onShare} onRemove={remove} />}
        </div>
        <p class="hint">
          {texts.mapSize(map.width, map.height)} ·{" "}
          {isMine ? (map.published ? texts.published : texts.draft) : texts.byWhom(map.creator)}
        </p>
        <div class="row">
          <a class="button main card-enter" href={play}>
            {texts.enter}
          </a>
          {isMine && (
            <>
              <a class="button" href={hashFor({ page: "edit", map: map.map_id })}>
                {texts.edit}
              </a>
              <button type="button" disabled={isBusy} onClick={publish}>
                {map.published ? texts.unpublish : texts.publish}
              </button>
            </>
          )}
        </div>
      </div>
    </article>
  );
}

function CardSigns(props: {
  readonly isBusy: boolean;
  readonly onShare: () => void;
  readonly onRemove: () => void;
}): JSX.Element {
  const { isBusy, onShare, onRemove } = props;
  const texts = useTexts();
  const button = { type: "button", class: "bare", disabled: isBusy } as const;
  return (
    <>
      <button {...button} aria-label={texts.share} title={texts.share} onClick={onShare}>
        <Icon name="share" />
      </button>
      <button {...button} aria-label={texts.remove} title={texts.remove} onClick={onRemove}>
        <Icon name="trash" />
      </button>
    </>
  );
}
