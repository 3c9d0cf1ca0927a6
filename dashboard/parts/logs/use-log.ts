import { useCallback, useEffect, useState } from "preact/hooks";
import { pathOf } from "../../net/paths.ts";
import { type LogLines, NO_LINES, withText } from "../../view/log-lines.ts";
import { useDashboard } from "../shell/dashboard.ts";

export interface LogPlace {
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
}
interface LogState {
  readonly log: LogLines;
  readonly isOpen: boolean;
  readonly failure?: unknown;
}

const TAIL = 500;
/** What comes within it is shown at once. */
const SHOW_EVERY_MS = 100;

/** The last lines of a container, and those that follow while the part is there. */
export function useLog({ kind, namespace, name }: LogPlace): LogState & { again: () => void } {
  const { api } = useDashboard();
  const [state, setState] = useState<LogState>({ log: NO_LINES, isOpen: false });
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let log = NO_LINES;
    let timer: number | undefined;
    const show = (): void => {
      timer = undefined;
      setState({ log, isOpen: true });
    };
    const read = async (): Promise<void> => {
      const path = pathOf(kind, { namespace, name, part: "log" });
      const query = { follow: "true", tailLines: TAIL };
      const { signal } = stop;
      const stream = await api.stream({ path, query, signal });
      const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        log = withText(log, value);
        timer ??= setTimeout(show, SHOW_EVERY_MS);
      }
    };
    setState({ log: NO_LINES, isOpen: true });
    read()
      .catch((failure: unknown) => {
        // A stream that breaks has an end, too; what could not be opened is a failure.
        if (!stop.signal.aborted && log.lines.length === 0)
          setState({ log, isOpen: false, failure });
      })
      .finally(() => {
        clearTimeout(timer);
        if (!stop.signal.aborted) setState((old) => ({ ...old, log, isOpen: false }));
      });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [kind, namespace, name, tries]);
  return { ...state, again: useCallback(() => setTries((n) => n + 1), []) };
}
