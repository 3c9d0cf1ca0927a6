import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { AlertRule, AlertView, PageOf, Silence } from "../../net/wire.ts";
import { ruleText } from "../../texts/texts.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Panel, Problem } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { acknowledgeAction, silenceAction } from "./alert-actions.ts";
import { AlertItem } from "./alert-item.tsx";
import { SilencesPanel } from "./silences-panel.tsx";

/** What is wrong, who has seen it, what is kept quiet, and the rules by which all of that is told. */
export function AlertsPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [heard, setHeard] = useState(0);
  useEffect(() => dashboard.live.want("alerts", () => setHeard((n) => n + 1)), []);
  const alerts = useLoaded<PageOf<AlertView>>({ path: "/v1/alerts" }, heard);
  const silences = useLoaded<PageOf<Silence>>({ path: "/v1/silences" }, heard);
  const rules = useLoaded<PageOf<AlertRule>>({ path: "/v1/alert-rules" });
  const again = (): void => {
    alerts.again();
    silences.again();
  };
  const items = alerts.value?.items;
  const active = items?.filter(({ state }) => state !== "resolved") ?? [];
  const resolved = items?.filter(({ state }) => state === "resolved") ?? [];
  const todoOf = ({ rule }: AlertView): string | undefined =>
    rules.value?.items.find(({ name }) => name === rule)?.todo;
  const actionsOf = (alert: AlertView) => [
    ...(alert.acknowledged ? [] : [acknowledgeAction(dashboard, alert, again)]),
    ...(alert.silencedBy ? [] : [silenceAction(dashboard, alert, again)]),
  ];
  return (
    <>
      <PageHead title={texts.alerts} />
      {alerts.failure !== undefined && <Problem failure={alerts.failure} onAgain={alerts.again} />}
      {!items && alerts.failure === undefined && <Loading />}
      {items && active.length === 0 && <Empty text={texts.noAlerts} />}
      {active.length > 0 && (
        <ul class="alerts">
          {active.map((alert) => (
            <AlertItem key={alert.id} alert={alert} todo={todoOf(alert)}>
              <ActionBar actions={actionsOf(alert)} />
            </AlertItem>
          ))}
        </ul>
      )}
      <SilencesPanel silences={silences.value?.items} failure={silences.failure} again={again} />
      {resolved.length > 0 && (
        <Panel title={texts.resolvedAlerts}>
          <ul class="alerts">
            {resolved.slice(0, 20).map((alert) => (
              <AlertItem key={alert.id} alert={alert} />
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={texts.rules}>
        {rules.failure !== undefined && <Problem failure={rules.failure} />}
        <Rules rules={rules.value?.items ?? []} />
      </Panel>
    </>
  );
}

function Rules({ rules }: { readonly rules: readonly AlertRule[] }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const language = useStore(dashboard.language);
  return (
    <ul class="lines rules">
      {rules.map(({ name, severity, summary, forSeconds, todo }) => (
        <li key={name}>
          <div>
            <p>
              <strong>{ruleText(name, language) ?? name}</strong>{" "}
              <span class="hint">
                {name} · {severity === "critical" ? texts.critical : texts.warning} ·{" "}
                {texts.forSeconds} {forSeconds} s
              </span>
            </p>
            <p>{summary}</p>
            {todo && (
              <p class="hint">
                {texts.whatToDo} {todo}
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
