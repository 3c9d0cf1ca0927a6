import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useTexts } from "./dashboard.ts";
import { Icon } from "./icons.tsx";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

/** The browser's own dialog: focus stays in it, Escape closes it, and focus goes back to where it was. */
export function Dialog({ title, onClose, isWide = false, children }: DialogProps): JSX.Element {
  const texts = useTexts();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    // Who opened it wants to fill it in; without anything to fill in, what does no harm comes first.
    dialog.current
      ?.querySelector<HTMLElement>("input, textarea, select, .row-end > button")
      ?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isWide ? "wide" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        // A file field has a `cancel` too, which comes up to here.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      // The browser tells of it later: by then another dialog may stand in this one's place.
      onClose={() => dialog.current && onClose()}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="bare" aria-label={texts.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
