import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RowKind, RowsPage } from "../../net/wire.ts";
import { hashOfObject } from "../../view/route.ts";
import { useDashboard, useTexts } from "./dashboard.ts";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Empty, Problem, State } from "./states.tsx";

const KINDS: readonly RowKind[] = [
  "Fleet",
  "GameServer",
  "Container",
  "Service",
  "Node",
  "Network",
  "Room",
];
const OF_EACH = 5;
const PAUSE_MS = 150;

interface Found {
  readonly kind: RowKind;
  readonly name: string;
  readonly namespace: string;
  readonly state: string;
  readonly href: string;
}

/** Any object by a part of its name, from anywhere. */
export function Finder({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const texts = useTexts();
  const [text, setText] = useState("");
  const { found, failure } = useFound(text);
  return (
    <Dialog title={texts.find} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const [first] = found ?? [];
          if (!first) return;
          location.hash = first.href;
          onClose();
        }}
      >
        <Field
          type="search"
          name="find"
          label={texts.findLabel}
          hint={texts.findHint}
          value={text}
          onValue={setText}
        />
      </form>
      {failure !== undefined && <Problem failure={failure} />}
      {found?.length === 0 && <Empty text={texts.foundNothing} />}
      <ul class="found">
        {(found ?? []).map(({ kind, name, namespace, state, href }) => (
          <li key={href}>
            <a href={href} onClick={onClose}>
              <span class="found-kind">{kind}</span>
              <span class="grow found-name">
                {namespace && namespace !== "default" ? `${namespace}/` : ""}
                {name}
              </span>
              <State state={state} />
            </a>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function useFound(text: string): { found?: readonly Found[] | undefined; failure?: unknown } {
  const { api } = useDashboard();
  const [state, setState] = useState<{ found?: readonly Found[]; failure?: unknown }>({});
  useEffect(() => {
    const q = text.trim();
    if (q === "") return setState({});
    const stop = new AbortController();
    const { signal } = stop;
    const timer = setTimeout(async () => {
      try {
        const asked = KINDS.map(async (kind) => {
          const query = { kind, q, limit: OF_EACH };
          const { items } = await api.call<RowsPage>({ path: "/v1/rows", query, signal });
          return items.map(({ name, namespace = "", state }) => {
            const href = hashOfObject(kind, name, namespace) ?? "";
            return { kind, name, namespace, state, href };
          });
        });
        setState({ found: (await Promise.all(asked)).flat() });
      } catch (failure) {
        if (!signal.aborted) setState({ failure });
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return state;
}
