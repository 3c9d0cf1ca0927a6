import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { randomText } from "../../net/call.ts";
import { Failure } from "../../net/failure.ts";
import type { Access, Asset, GameMap } from "../../net/wire.ts";
import { type Draft, did, type History } from "../../view/edit-map.ts";
import type { Tile } from "../../view/grid.ts";
import { useMeet, useTexts } from "../shell/meet.ts";
import { useUsableAssets } from "../shell/use-assets.ts";
import { EditorBar, useUndoKeys } from "./editor-bar.tsx";
import { EditorCanvas } from "./editor-canvas.tsx";
import { EditorTools } from "./editor-tools.tsx";
import { MapSettings } from "./map-settings.tsx";

/** What a click on the map does. */
export type Tool =
  | { readonly do: "paint"; readonly tile: Tile }
  | { readonly do: "place"; readonly asset: Asset }
  | { readonly do: "remove" };

interface EditorProps {
  /** The map as it is kept; absent for a new one. */
  readonly known: GameMap | undefined;
  readonly first: Draft;
  readonly onSaved: (map: GameMap) => void;
  readonly onReload: () => void;
}

export function Editor({ known, first, onSaved, onReload }: EditorProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const [history, setHistory] = useState<History<Draft>>({ past: [], now: first, future: [] });
  const [access, setAccess] = useState<Access>(known?.access ?? "public");
  const [tool, setTool] = useState<Tool>({ do: "paint", tile: "." });
  const [assets, setAssets] = useState<readonly Asset[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [isStale, setStale] = useState(false);
  const key = useMemo(() => randomText(), [history, access]);
  useUsableAssets(setAssets);
  const draft = history.now;
  const isChanged = history.past.length > 0 || access !== (known?.access ?? "public") || !known;
  const save = async (): Promise<void> => {
    const { name, width, height, tiles, objects } = draft;
    const body = { name: name.trim(), width, height, tiles, objects, access };
    setBusy(true);
    try {
      onSaved(
        known
          ? await meet.services.changeMap(known.map_id, known.version, body)
          : await meet.services.createMap(body, key),
      );
    } catch (error) {
      if (known && error instanceof Failure && error.status === 409) setStale(true);
      else meet.tell(error);
    }
    setBusy(false);
  };
  useUndoKeys((next) => setHistory(next(history)));
  return (
    <div class="editor">
      <div class="editor-side">
        <MapSettings
          draft={draft}
          access={access}
          onAccess={setAccess}
          onDraft={(next) => setHistory(did(history, next))}
          onRename={(name) => setHistory(did(history, { ...draft, name }))}
        />
        <EditorTools tool={tool} onTool={setTool} assets={assets} />
      </div>
      <div class="editor-main">
        <EditorBar
          history={history}
          onHistory={setHistory}
          known={known}
          isChanged={isChanged}
          isBusy={isBusy}
          onSave={() => void save()}
        />
        {isStale && (
          <div class="alert row" role="alert">
            <span class="grow">{texts.changedElsewhere}</span>
            <button type="button" onClick={onReload}>
              {texts.reload}
            </button>
          </div>
        )}
        <EditorCanvas
          draft={draft}
          tool={tool}
          pictures={meet.pictures}
          onDraft={(next) => setHistory(did(history, next))}
        />
      </div>
    </div>
  );
}
