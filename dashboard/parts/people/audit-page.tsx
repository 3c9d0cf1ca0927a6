import type { JSX } from "preact";
import type { AuditEntry } from "../../net/wire.ts";
import { dateText } from "../../view/format.ts";
import { RecordPage } from "../record/record-page.tsx";
import { useTexts } from "../shell/dashboard.ts";

/** Who did what, from where, and how it ended. */
export function AuditPage(): JSX.Element {
  const texts = useTexts();
  return (
    <RecordPage<AuditEntry>
      page="audit"
      path="/v1/audit"
      title={texts.audit}
      none={texts.noAudit}
      fields={[
        { key: "who", label: texts.who },
        { key: "action", label: texts.action },
        { key: "target", label: texts.object },
      ]}
      heads={[texts.when, texts.who, texts.action, texts.object, texts.change, texts.outcome]}
      row={(one) => (
        <tr key={one.seq}>
          <td class="when">{dateText(one.atMs)}</td>
          <td>
            {one.who} <span class="hint">{one.from}</span>
          </td>
          <td>{one.action}</td>
          <td>{one.target}</td>
          <td>
            <Change before={one.before} after={one.after} />
          </td>
          <td>
            {one.outcome} <span class="hint">{one.message}</span>
          </td>
        </tr>
      )}
    />
  );
}

function Change(props: { readonly before?: unknown; readonly after?: unknown }): JSX.Element {
  const texts = useTexts();
  const { before, after } = props;
  if (before === undefined && after === undefined) return <span>–</span>;
  return (
    <details>
      <summary>{texts.show}</summary>
      {before !== undefined && <pre class="diff">− {JSON.stringify(before, null, 1)}</pre>}
      {after !== undefined && <pre class="diff">+ {JSON.stringify(after, null, 1)}</pre>}
    </details>
  );
}
