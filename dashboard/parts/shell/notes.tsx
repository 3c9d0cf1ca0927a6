import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Note, useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Icon } from "./icons.tsx";

const SHOWN_MS = { good: 4_000, bad: 10_000 };

/** Sentences at the edge of the page, read out by screen readers. */
export function Notes(): JSX.Element {
  const dashboard = useDashboard();
  const notes = useStore(dashboard.notes);
  const place = useRef<HTMLDivElement>(null);
  const drop = (id: number): void =>
    dashboard.notes.set(dashboard.notes.value.filter((note) => note.id !== id));
  // Shown anew with each change, it lies above a dialog that was opened meanwhile.
  useEffect(() => {
    place.current?.hidePopover();
    if (notes.length > 0) place.current?.showPopover();
  }, [notes]);
  return (
    <div class="notes" role="status" aria-live="polite" popover="manual" ref={place}>
      {notes.map((note) => (
        <OneNote key={note.id} note={note} onEnd={() => drop(note.id)} />
      ))}
    </div>
  );
}

function OneNote(props: { readonly note: Note; readonly onEnd: () => void }): JSX.Element {
  const { note, onEnd } = props;
  const texts = useTexts();
  useEffect(() => {
    const timer = setTimeout(onEnd, SHOWN_MS[note.kind]);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={`note note-${note.kind}`}>
      <span>{note.text}</span>
      <button type="button" class="bare" aria-label={texts.close} onClick={onEnd}>
        <Icon name="close" />
      </button>
    </div>
  );
}
