import { useCallback, useEffect, useState } from "preact/hooks";
import type { Call } from "../../net/call.ts";
import type { PageOf } from "../../net/wire.ts";
import { useDashboard } from "../shell/dashboard.ts";

export interface Paged<T> {
  readonly items?: readonly T[];
  readonly failure?: unknown;
  /** Reads on where the last page ended; absent at the end. */
  readonly more?: (() => void) | undefined;
  readonly again: () => void;
}

/** A list that is read page by page, newest first. */
export function usePaged<T>(path: string, query: Call["query"]): Paged<T> {
  const { api } = useDashboard();
  const [state, setState] = useState<{
    items?: readonly T[];
    failure?: unknown;
    next?: string | number | undefined;
  }>({});
  const [tries, setTries] = useState(0);
  const key = JSON.stringify([path, query]);
  useEffect(() => {
    const stop = new AbortController();
    setState({});
    api.call<PageOf<T>>({ path, query, signal: stop.signal }).then(
      ({ items, next }) => setState({ items, next }),
      (failure: unknown) => {
        if (!stop.signal.aborted) setState({ failure });
      },
    );
    return () => stop.abort();
  }, [key, tries]);
  const more = async (): Promise<void> => {
    try {
      const page = await api.call<PageOf<T>>({ path, query: { ...query, before: state.next } });
      setState((old) => ({ items: [...(old.items ?? []), ...page.items], next: page.next }));
    } catch (failure) {
      setState((old) => ({ ...old, failure }));
    }
  };
  return {
    ...state,
    more: state.next === undefined ? undefined : () => void more(),
    again: useCallback(() => setTries((n) => n + 1), []),
  };
}
