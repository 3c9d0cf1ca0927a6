import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Asset } from "../../net/wire.ts";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { categoryText } from "./categories.ts";
import { ThingPicture } from "./thing-picture.tsx";

interface ThingCardProps {
  readonly asset: Asset;
  readonly onChange: () => void;
  readonly onEdit: () => void;
}

export function ThingCard(props: ThingCardProps): JSX.Element {
  const { asset } = props;
  const { session } = useMeet();
  const texts = useTexts();
  const isMine = asset.owner === session.kept.value?.user_id.toLowerCase();
  const price = asset.price === 0 ? texts.free : texts.coins(asset.price);
  return (
    <article class="card card-thing" aria-label={asset.name}>
      <div class="card-picture">
        <ThingPicture asset={asset} />
      </div>
      <div class="card-body">
        <h3>{asset.name}</h3>
        <p class="hint">
          {categoryText(texts, asset.category_id)} · {price}
        </p>
        <p class="hint">
          {!isMine
            ? texts.byWhom(asset.owner)
            : asset.visibility === "public"
              ? texts.visibilityPublic
              : texts.visibilityPrivate}
        </p>
        {isMine && <OwnerButtons {...props} />}
      </div>
    </article>
  );
}

function OwnerButtons({ asset, onChange, onEdit }: ThingCardProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const [isBusy, setBusy] = useState(false);
  const isPublic = asset.visibility === "public";
  const change = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    await work().then(onChange, (error: unknown) => meet.tell(error));
    setBusy(false);
  };
  const publish = (): void => void change(() => meet.services.showAsset(asset.asset_id, !isPublic));
  const remove = (): void => {
    if (!confirm(texts.sureToDelete(asset.name))) return;
    void change(() => meet.services.deleteAsset(asset.asset_id));
  };
  return (
    <div class="row">
      <button type="button" disabled={isBusy} onClick={publish}>
        {isPublic ? texts.unpublish : texts.publish}
      </button>
      <button
        type="button"
        class="bare"
        aria-label={texts.edit}
        title={texts.edit}
        onClick={onEdit}
      >
        <Icon name="edit" />
      </button>
      <button
        type="button"
        class="bare"
        aria-label={texts.remove}
        title={texts.remove}
        disabled={isBusy}
        onClick={remove}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}
