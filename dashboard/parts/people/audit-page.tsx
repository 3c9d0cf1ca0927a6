import type { JSX } from "preact";
import type { AuditEntry } from "../../net/wire.ts";
import { dateText } from "../../view/format.ts";
import { askedOf, RecordFilter } from "../record/record-filter.tsx";
import { usePaged } from "../record/use-paged.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";

const PAGE = 100;
const PATH = "/v1/audit";

/** Who did what, from where, and how it ended. */
export function AuditPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const route = useStore(dashboard.route);
  const query = { ...askedOf(route.query), limit: PAGE };
  const { items, failure, more, again } = usePaged<AuditEntry>(PATH, query);
  return (
    <>
      <PageHead title={texts.audit} />
      <RecordFilter
        path={PATH}
        query={route.query}
        onQuery={(next) => dashboard.go("audit", { query: next })}
        fields={[
          { key: "who", label: texts.who },
          { key: "action", label: texts.action },
          { key: "target", label: texts.object },
        ]}
      />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!items && failure === undefined && <Loading />}
      {items?.length === 0 && <Empty text={texts.noAudit} />}
      {items && items.length > 0 && <AuditTable items={items} />}
      {more && (
        <button type="button" onClick={more}>
          {texts.more}
        </button>
      )}
    </>
  );
}

function AuditTable({ items }: { readonly items: readonly AuditEntry[] }): JSX.Element {
  const texts = useTexts();
  return (
    <div class="panel scroll-x">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">{texts.when}</th>
            <th scope="col">{texts.who}</th>
            <th scope="col">{texts.action}</th>
            <th scope="col">{texts.object}</th>
            <th scope="col">{texts.change}</th>
            <th scope="col">{texts.outcome}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
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
          ))}
        </tbody>
      </table>
    </div>
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
