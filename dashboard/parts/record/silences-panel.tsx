import type { JSX } from "preact";
import type { Silence } from "../../net/wire.ts";
import { dateText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Empty, Panel, Problem } from "../shell/states.tsx";
import { unsilenceAction } from "./alert-actions.ts";

interface SilencesProps {
  readonly silences: readonly Silence[] | undefined;
  readonly failure: unknown;
  readonly again: () => void;
}

/** What is kept quiet, until when, and why. */
export function SilencesPanel({ silences, failure, again }: SilencesProps): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  return (
    <Panel title={texts.silences}>
      {failure !== undefined && <Problem failure={failure} />}
      {silences?.length === 0 && <Empty text={texts.noSilences} />}
      <ul class="lines">
        {(silences ?? []).map((silence) => {
          const { rule, kind, namespace, name } = silence.match;
          return (
            <li key={silence.id}>
              <span>
                {[rule, kind, namespace, name].filter(Boolean).join(" ")}{" "}
                <span class="hint">{silence.comment}</span>
              </span>
              <span class="row">
                <span class="hint">
                  {silence.by} · {texts.untilTime(dateText(silence.endsAtMs))}
                </span>
                <ActionBar actions={[unsilenceAction(dashboard, silence, again)]} />
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
