import { useEffect, useState } from "preact/hooks";
import type { Kind } from "../../../core/model/resource.ts";
import type { Api } from "../../net/call.ts";
import { Failure } from "../../net/failure.ts";
import { pathOf } from "../../net/paths.ts";
import { lineOf, parsed, type TextProblem, toSend } from "../../view/yaml-text.ts";
import { useDashboard } from "../shell/dashboard.ts";

interface EditPlace {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
}
export interface Checked {
  readonly is: "same" | "checking" | "good" | "wrong";
  readonly problems: readonly TextProblem[];
  /** What could not be asked. */
  readonly failure?: unknown;
}

const PAUSE_MS = 500;
const SAME: Checked = { is: "same", problems: [] };

/** Whether the server would take a text as it is: asked after each pause in typing, by a dry run. */
export function useChecked(text: string, original: string, place: EditPlace): Checked {
  const { api } = useDashboard();
  const [checked, setChecked] = useState<Checked>(SAME);
  useEffect(() => {
    if (text === original) return setChecked(SAME);
    const { object, problems } = parsed(text);
    if (!object) return setChecked({ is: "wrong", problems });
    setChecked({ is: "checking", problems: [] });
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const found = await problemsOf(api, text, place, stop.signal);
      if (!stop.signal.aborted) setChecked(found);
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, original, place.resourceVersion]);
  return checked;
}

async function problemsOf(
  api: Api,
  text: string,
  place: EditPlace,
  signal: AbortSignal,
): Promise<Checked> {
  try {
    await put(api, text, place, true, signal);
    return { is: "good", problems: [] };
  } catch (failure) {
    // That somebody else was faster is told when it is saved.
    if (failure instanceof Failure && failure.status === 409) return { is: "good", problems: [] };
    if (!(failure instanceof Failure) || ![400, 422].includes(failure.status))
      return { is: "wrong", problems: [], failure };
    const causes = failure.causes.map(({ field, message }) => ({
      line: lineOf(text, field),
      field,
      message,
    }));
    const whole = { line: 0, field: "", message: failure.message };
    return { is: "wrong", problems: causes.length > 0 ? causes : [whole] };
  }
}

/** Replaces the object by what the text says, if it is still the version that was read. */
export async function save(api: Api, text: string, place: EditPlace): Promise<void> {
  await put(api, text, place, false);
}

async function put(
  api: Api,
  text: string,
  { kind, namespace, name, resourceVersion }: EditPlace,
  isDry: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { object } = parsed(text);
  if (!object) throw new Failure(422, "this is no YAML");
  await api.call({
    method: "PUT",
    path: pathOf(kind, { namespace, name }),
    query: { fieldValidation: "Strict", dryRun: isDry ? "All" : undefined },
    body: toSend(object, resourceVersion),
    signal,
  });
}

/** The object as it is now. */
export async function readForEdit(
  api: Api,
  { kind, namespace, name }: EditPlace,
): Promise<{ metadata: { name: string; namespace: string; resourceVersion: string } }> {
  return await api.call({ path: pathOf(kind, { namespace, name }) });
}
