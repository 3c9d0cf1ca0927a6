import type { JSX } from "preact";
import type { AlertView, PageOf } from "../../net/wire.ts";
import { ruleText } from "../../texts/texts.ts";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Icon } from "../shell/icons.tsx";
import { ObjectLink } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";

const SHOWN = 5;

/** What is wrong right now, before anything else. */
export function FiringAlerts({ count }: { readonly count: number }): JSX.Element | null {
  const dashboard = useDashboard();
  const texts = useTexts();
  const language = useStore(dashboard.language);
  const call = count > 0 ? { path: "/v1/alerts" } : undefined;
  const { value } = useLoaded<PageOf<AlertView>>(call, count);
  if (count === 0) return null;
  const firing = (value?.items ?? []).filter(({ state }) => state === "firing");
  return (
    <section class="firing" aria-label={texts.firing}>
      {firing.slice(0, SHOWN).map(({ id, rule, severity, summary, subject }) => (
        <p key={id} class={`firing-line severity-${severity}`}>
          <Icon name="warn" />
          <strong>{severity === "critical" ? texts.critical : texts.warning}</strong>
          <span class="grow">
            <ObjectLink kind={subject.kind} name={subject.name} namespace={subject.namespace} />{" "}
            {ruleText(rule, language) ?? rule}: {summary}
          </span>
          <a href={hashFor({ page: "alerts" })}>{texts.look}</a>
        </p>
      ))}
    </section>
  );
}
