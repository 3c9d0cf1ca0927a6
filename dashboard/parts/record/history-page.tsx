import type { JSX } from "preact";
import type { HistoryEntry } from "../../net/wire.ts";
import { dateText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { useTexts } from "../shell/dashboard.ts";
import { ObjectLink, State, Why } from "../shell/states.tsx";
import { RecordPage } from "./record-page.tsx";

/** Every change of state that there was: from what to what, why, and by whom. */
export function HistoryPage(): JSX.Element {
  const texts = useTexts();
  return (
    <RecordPage<HistoryEntry>
      page="history"
      path="/v1/history"
      title={texts.history}
      none={texts.noHistory}
      fields={[
        { key: "kind", label: texts.kind },
        { key: "name", label: texts.name },
        { key: "fleet", label: texts.fleet },
        { key: "node", label: texts.node },
        { key: "state", label: texts.state },
        { key: "reason", label: texts.reason },
        { key: "by", label: texts.byWhom },
      ]}
      heads={[texts.when, texts.object, texts.change, texts.why, texts.byWhom]}
      row={(one) => <HistoryRow key={one.id} one={one} />}
    />
  );
}

function HistoryRow({ one }: { readonly one: HistoryEntry }): JSX.Element {
  const texts = useTexts();
  return (
    <tr>
      <td class="when">{dateText(one.atMs)}</td>
      <td>
        <span class="hint">{one.kind} </span>
        <ObjectLink kind={one.kind} name={one.name} namespace={one.namespace} />
      </td>
      <td class="nowrap">
        {one.from && (
          <>
            <State state={one.from} /> →{" "}
          </>
        )}
        <State state={one.to || texts.gone} />
      </td>
      <td>
        <Why reason={one.reason} message={one.message} />
      </td>
      <td>
        {one.by ? <a href={hashFor({ page: "history", query: { by: one.by } })}>{one.by}</a> : "–"}
      </td>
    </tr>
  );
}
