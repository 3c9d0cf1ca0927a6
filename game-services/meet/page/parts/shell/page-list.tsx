import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Page } from "../../net/wire.ts";
import { useMeet, useTexts } from "./meet.ts";
import { useLoaded } from "./use-loaded.ts";

interface PageListProps<T> {
  readonly title: string;
  readonly action?: ComponentChildren;
  readonly none: string;
  readonly load: (after?: string) => Promise<Page<T>>;
  /** Another number loads the list anew. */
  readonly turn: number;
  readonly show: (one: T) => JSX.Element;
}

/** A list of cards that comes page by page, or says why it does not come. */
export function PageList<T>(props: PageListProps<T>): JSX.Element {
  const { title, action, none, load, turn, show } = props;
  const meet = useMeet();
  const texts = useTexts();
  const { value, error, isLoading, reload, set } = useLoaded(() => load(), [turn]);
  const [isBusy, setBusy] = useState(false);
  const more = async (): Promise<void> => {
    if (!value?.next) return;
    setBusy(true);
    try {
      const page = await load(value.next);
      set({ ...page, items: [...value.items, ...page.items] });
    } catch (failure) {
      meet.tell(failure);
    }
    setBusy(false);
  };
  return (
    <section class="list">
      <header class="list-head">
        <h2>{title}</h2>
        {action}
      </header>
      {error !== undefined && (
        <div class="empty" role="alert">
          <p>{meet.wordsFor(error)}</p>
          <button type="button" onClick={reload}>
            {texts.again}
          </button>
        </div>
      )}
      {isLoading && !value && <p class="empty">{texts.loading}</p>}
      {value?.items.length === 0 && <p class="empty">{none}</p>}
      {value && <div class="cards">{value.items.map(show)}</div>}
      {value?.next !== undefined && (
        <button type="button" class="wide" disabled={isBusy} onClick={() => void more()}>
          {texts.more}
        </button>
      )}
    </section>
  );
}
