import type { JSX } from "preact";
import type { GameMap } from "../../net/wire.ts";
import { emptyDraft } from "../../view/edit-map.ts";
import { useMeet, useTexts } from "../shell/meet.ts";
import { useLoaded } from "../shell/use-loaded.ts";
import { Editor } from "./editor.tsx";

const WIDTH = 24;
const HEIGHT = 16;

/** The editor with a map in it: a new one, or one that is loaded first. */
export function EditorPage({ map }: { readonly map: string | undefined }): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const { value, error, reload, set } = useLoaded(
    async (): Promise<GameMap | undefined> =>
      map === undefined ? undefined : await meet.services.map(map),
    [map],
  );
  if (error !== undefined)
    return (
      <div class="empty" role="alert">
        <p>{meet.wordsFor(error)}</p>
        <button type="button" onClick={reload}>
          {texts.again}
        </button>
      </div>
    );
  if (map !== undefined && !value) return <p class="empty">{texts.loading}</p>;
  return (
    <Editor
      key={value ? `${value.map_id} ${value.version}` : "new"}
      known={value}
      first={value ?? emptyDraft(texts.firstMapName, WIDTH, HEIGHT)}
      onSaved={(saved) => {
        set(saved);
        meet.note("good", texts.saved);
        if (map === undefined) meet.go({ page: "edit", map: saved.map_id });
      }}
      onReload={reload}
    />
  );
}
