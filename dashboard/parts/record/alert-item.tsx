import type { ComponentChildren, JSX } from "preact";
import type { AlertView } from "../../net/wire.ts";
import { ruleText } from "../../texts/texts.ts";
import { agoText, dateText, digits } from "../../view/format.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Icon } from "../shell/icons.tsx";
import { ObjectLink } from "../shell/states.tsx";

/** One alert: what, of whom, since when, and who has seen it. */
export function AlertItem(props: {
  readonly alert: AlertView;
  /** What to do about it. */
  readonly todo?: string | undefined;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const language = useStore(dashboard.language);
  const { alert, todo } = props;
  const { severity, state, subject, acknowledged } = alert;
  const states = { pending: texts.pending, firing: texts.firing, resolved: texts.resolved };
  const sinceMs = alert.resolvedAtMs ?? alert.firedAtMs ?? alert.pendingAtMs;
  return (
    <li class={`alert-item severity-${severity} alert-${state}`}>
      <Icon name="warn" />
      <div class="grow">
        <p>
          <strong>{ruleText(alert.rule, language) ?? alert.rule}</strong>{" "}
          <ObjectLink kind={subject.kind} name={subject.name} namespace={subject.namespace} />
        </p>
        <p>{alert.summary}</p>
        {todo && (
          <p class="hint">
            {texts.whatToDo} {todo}
          </p>
        )}
        <p class="hint">
          {severity === "critical" ? texts.critical : texts.warning} · {states[state]}{" "}
          <span title={dateText(sinceMs)}>{texts.ago(agoText(sinceMs, now))}</span> · {alert.rule} ·{" "}
          {subject.kind}
          {alert.value !== undefined && ` · ${digits(alert.value)}`}
          {alert.threshold !== undefined && ` (${texts.limit} ${digits(alert.threshold)})`}
        </p>
        {acknowledged && (
          <p class="hint">
            {texts.seenBy(acknowledged.by)} {acknowledged.comment}
          </p>
        )}
        {alert.silencedBy && <p class="hint">{texts.silenced}</p>}
      </div>
      <div class="actions">{props.children}</div>
    </li>
  );
}
