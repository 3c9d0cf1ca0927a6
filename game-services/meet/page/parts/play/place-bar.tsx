import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Asset } from "../../net/wire.ts";
import { Icon } from "../shell/icons.tsx";
import { useTexts } from "../shell/meet.ts";
import { ThingStrip } from "../shell/thing-strip.tsx";
import { useUsableAssets } from "../shell/use-assets.ts";
import type { Hand } from "./play-page.tsx";

interface PlaceBarProps {
  readonly hand: Hand;
  readonly onHand: (hand: Hand) => void;
}

const WALK: Hand = { do: "walk" };

/** For those who may change the map: things to place, and the way to take them away. */
export function PlaceBar(props: PlaceBarProps): JSX.Element {
  const { hand, onHand } = props;
  const texts = useTexts();
  const [isOpen, setOpen] = useState(false);
  const toggle = (): void => {
    setOpen(!isOpen);
    onHand(WALK);
  };
  return (
    <div class="place-bar">
      {isOpen && <OpenBar {...props} />}
      <div class="row">
        <button type="button" aria-expanded={isOpen} aria-pressed={isOpen} onClick={toggle}>
          <Icon name="box" />
          {texts.place}
        </button>
        {isOpen && (
          <button
            type="button"
            aria-pressed={hand.do === "remove"}
            onClick={() => onHand(hand.do === "remove" ? WALK : { do: "remove" })}
          >
            <Icon name="trash" />
            {texts.removeTool}
          </button>
        )}
      </div>
    </div>
  );
}

function OpenBar({ hand, onHand }: PlaceBarProps): JSX.Element {
  const texts = useTexts();
  const [assets, setAssets] = useState<readonly Asset[]>([]);
  useUsableAssets(setAssets);
  const held = hand.do === "place" ? hand : undefined;
  const hint =
    hand.do === "remove"
      ? texts.removeHint
      : held
        ? texts.placeHint
        : assets.length === 0
          ? texts.noThings
          : "";
  return (
    <div class="place-open">
      {hint !== "" && <p class="hint">{hint}</p>}
      {held?.asset.visibility === "private" && <p class="hint">{texts.privateHint}</p>}
      <ThingStrip
        label={texts.place}
        assets={assets}
        chosen={held?.asset.asset_id}
        onChoose={(asset) =>
          onHand(asset ? { do: "place", asset, rotation: 0, solid: true } : WALK)
        }
      />
      {held && (
        <div class="row">
          <button
            type="button"
            onClick={() => onHand({ ...held, rotation: (held.rotation + 90) % 360 })}
          >
            <Icon name="turn" />
            {texts.rotate}
          </button>
          <label class="check">
            <input
              type="checkbox"
              checked={held.solid}
              onChange={(event) => onHand({ ...held, solid: event.currentTarget.checked })}
            />
            {texts.solid}
          </label>
        </div>
      )}
    </div>
  );
}
