import type { JSX } from "preact";
import type { Asset } from "../../net/wire.ts";
import { ThingPicture } from "../things/thing-picture.tsx";

interface ThingStripProps {
  readonly label: string;
  readonly assets: readonly Asset[];
  readonly chosen: string | undefined;
  readonly onChoose: (asset: Asset | undefined) => void;
}

/** Things in a row to choose from; choosing one again lets it go. */
export function ThingStrip({ label, assets, chosen, onChoose }: ThingStripProps): JSX.Element {
  return (
    <fieldset class="strip">
      <legend class="hidden">{label}</legend>
      {assets.map((asset) => {
        const isChosen = asset.asset_id === chosen;
        return (
          <button
            key={asset.asset_id}
            type="button"
            class="thing"
            aria-pressed={isChosen}
            title={asset.name}
            aria-label={asset.name}
            onClick={() => onChoose(isChosen ? undefined : asset)}
          >
            <ThingPicture asset={asset} />
          </button>
        );
      })}
    </fieldset>
  );
}
