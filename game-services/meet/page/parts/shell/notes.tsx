import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { type Note, useMeet, useStore, useTexts } from "./meet.ts";

const SHOWN_MS = { good: 3_000, bad: 7_000 };

/** Sentences at the edge of the page, read out by screen readers. */
export function Notes(): JSX.Element {
  const meet = useMeet();
  const notes = useStore(meet.notes);
  const drop = (id: number): void => meet.notes.set(meet.notes.value.filter((n) => n.id !== id));
  const place = useRef<HTMLDivElement>(null);
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

function OneNote({
  note,
  onEnd,
}: {
  readonly note: Note;
  readonly onEnd: () => void;
}): JSX.Element {
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
