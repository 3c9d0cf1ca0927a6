import { useCallback, useEffect, useState } from "preact/hooks";

export interface Loaded<T> {
  readonly value?: T;
  readonly error?: unknown;
  readonly isLoading: boolean;
  readonly reload: () => void;
  readonly set: (value: T) => void;
}

/** What `load` brings, again whenever one of `keys` changes; an answer that comes too late is left out. */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [seen, setSeen] = useState<Omit<Loaded<T>, "reload" | "set">>({ isLoading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isLate = false;
    setSeen(({ value }) => ({ ...(value === undefined ? {} : { value }), isLoading: true }));
    load().then(
      (value) => isLate || setSeen({ value, isLoading: false }),
      (error: unknown) => isLate || setSeen({ error, isLoading: false }),
    );
    return () => {
      isLate = true;
    };
  }, [...keys, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((value: T) => setSeen({ value, isLoading: false }), []);
  return { ...seen, reload, set };
}
