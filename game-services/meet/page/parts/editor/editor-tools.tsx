import type { JSX } from "preact";
import type { Asset } from "../../net/wire.ts";
import { TILE_NAMES, TILES, type Tile } from "../../view/grid.ts";
import { Icon } from "../shell/icons.tsx";
import { useTexts } from "../shell/meet.ts";
import { ThingStrip } from "../shell/thing-strip.tsx";
import type { Tool } from "./editor.tsx";

interface EditorToolsProps {
  readonly tool: Tool;
  readonly onTool: (tool: Tool) => void;
  readonly assets: readonly Asset[];
}

/** What to paint with, and what to place. */
export function EditorTools({ tool, onTool, assets }: EditorToolsProps): JSX.Element {
  const texts = useTexts();
  const names: Readonly<Record<Tile, string>> = {
    ".": texts.tileFloor,
    ",": texts.tileGrass,
    "#": texts.tileWall,
    "~": texts.tileWater,
  };
  return (
    <section class="panel panel-tools">
      <fieldset class="tiles">
        <legend>{texts.tools}</legend>
        {TILE_NAMES.map((tile) => (
          <button
            key={tile}
            type="button"
            class={`tile tile-${TILES[tile].kind}`}
            aria-pressed={tool.do === "paint" && tool.tile === tile}
            onClick={() => onTool({ do: "paint", tile })}
          >
            <span class="tile-sample" />
            {names[tile]}
          </button>
        ))}
        <button
          type="button"
          class="tile"
          aria-pressed={tool.do === "remove"}
          onClick={() => onTool({ do: "remove" })}
        >
          <span class="tile-sample tile-remove">
            <Icon name="close" />
          </span>
          {texts.toolErase}
        </button>
      </fieldset>
      {assets.length > 0 && (
        <ThingStrip
          label={texts.things}
          assets={assets}
          chosen={tool.do === "place" ? tool.asset.asset_id : undefined}
          onChoose={(asset) => onTool(asset ? { do: "place", asset } : { do: "paint", tile: "." })}
        />
      )}
    </section>
  );
}
