import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { GameMap } from "../../net/wire.ts";
import { type Draft, type History, redone, undone } from "../../view/edit-map.ts";
import { hashFor } from "../../view/route.ts";
import { Icon } from "../shell/icons.tsx";
import { useTexts } from "../shell/meet.ts";

interface EditorBarProps {
  readonly history: History<Draft>;
  readonly onHistory: (history: History<Draft>) => void;
  readonly known: GameMap | undefined;
  readonly isChanged: boolean;
  readonly isBusy: boolean;
  readonly onSave: () => void;
}

/** Back, forth, and done. */
export function EditorBar(props: EditorBarProps): JSX.Element {
  const { history, onHistory, known, isChanged, isBusy, onSave } = props;
  const texts = useTexts();
  return (
    <div class="row editor-bar">
      <button
        type="button"
        aria-label={texts.undo}
        title={texts.undo}
        disabled={history.past.length === 0}
        onClick={() => onHistory(undone(history))}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        aria-label={texts.redo}
        title={texts.redo}
        disabled={history.future.length === 0}
        onClick={() => onHistory(redone(history))}
      >
        <Icon name="redo" />
      </button>
      <span class="hint grow">{isChanged ? texts.unsaved : ""}</span>
      {known && (
        <a class="button" href={hashFor({ page: "play", map: known.map_id })}>
          {texts.enter}
        </a>
      )}
      <button
        type="button"
        class="main"
        disabled={isBusy || !isChanged || history.now.name.trim() === ""}
        onClick={onSave}
      >
        {texts.save}
      </button>
    </div>
  );
}

type Step = (history: History<Draft>) => History<Draft>;

/** Ctrl+Z and Ctrl+Shift+Z, but in fields, which have their own. */
export function useUndoKeys(onStep: (step: Step) => void): void {
  const latest = useRef(onStep);
  latest.current = onStep;
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
      if (!isUndo || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      latest.current(event.shiftKey ? redone : undone);
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
}
