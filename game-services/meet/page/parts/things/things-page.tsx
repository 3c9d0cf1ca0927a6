import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Asset, Page } from "../../net/wire.ts";
import { Icon } from "../shell/icons.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { PageList } from "../shell/page-list.tsx";
import { ThingCard } from "./thing-card.tsx";
import { ThingDialog } from "./thing-dialog.tsx";

export function ThingsPage(): JSX.Element {
  const { services, session } = useMeet();
  const texts = useTexts();
  const [turn, setTurn] = useState(0);
  const [edited, setEdited] = useState<Asset | "new">();
  const changed = (): void => {
    setEdited(undefined);
    setTurn((n) => n + 1);
  };
  // One's own are in the list above already.
  const others = async (after?: string): Promise<Page<Asset>> => {
    const page = await services.publicAssets(after);
    const me = session.kept.value?.user_id.toLowerCase();
    return { ...page, items: page.items.filter(({ owner }) => owner !== me) };
  };
  const card = (asset: Asset): JSX.Element => (
    <ThingCard
      key={asset.asset_id}
      asset={asset}
      onChange={changed}
      onEdit={() => setEdited(asset)}
    />
  );
  return (
    <>
      <PageList
        title={texts.myThings}
        none={texts.noThings}
        load={services.myAssets}
        turn={turn}
        show={card}
        action={
          <button type="button" class="main" onClick={() => setEdited("new")}>
            <Icon name="plus" />
            {texts.newThing}
          </button>
        }
      />
      <PageList
        title={texts.publicThings}
        none={texts.noPublicThings}
        load={others}
        turn={turn}
        show={card}
      />
      {edited !== undefined && (
        <ThingDialog
          asset={edited === "new" ? undefined : edited}
          onDone={changed}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}
