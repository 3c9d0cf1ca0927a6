import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Call } from "../../net/call.ts";
import { useDashboard } from "./dashboard.ts";

export interface Loaded<T> {
  readonly value?: T;
  readonly failure?: unknown;
  readonly again: () => void;
}
/** Changes that come fast are answered by one call. */
const GATHER_MS = 250;

/**
 * What a call answers, read again when `when` changes; what was read before stays until the new is there. Without a call
 * nothing is read.
 */
export function useLoaded<T>(call: Call | undefined, when: unknown = undefined): Loaded<T> {
  const { api } = useDashboard();
  const [state, setState] = useState<{ value?: T; failure?: unknown }>({});
  const [tries, setTries] = useState(0);
  const key = JSON.stringify(call ?? null);
  const isFirst = useRef(true);
  useEffect(() => {
    isFirst.current = true;
  }, [key]);
  useEffect(() => {
    if (!call) return;
    const stop = new AbortController();
    const timer = setTimeout(
      async () => {
        try {
          const value = await api.call<T>({ ...call, signal: stop.signal });
          if (!stop.signal.aborted) setState({ value });
        } catch (failure) {
          if (!stop.signal.aborted) setState((old) => ({ ...old, failure }));
        }
      },
      isFirst.current ? 0 : GATHER_MS,
    );
    isFirst.current = false;
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, when, tries]);
  return { ...state, again: useCallback(() => setTries((n) => n + 1), []) };
}
