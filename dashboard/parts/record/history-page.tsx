import type { JSX } from "preact";
import type { HistoryEntry } from "../../net/wire.ts";
import { dateText } from "../../view/format.ts";
import { hashFor } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, ObjectLink, PageHead, Problem, State, Why } from "../shell/states.tsx";
import { askedOf, RecordFilter } from "./record-filter.tsx";
import { usePaged } from "./use-paged.ts";

const PAGE = 100;
const PATH = "/v1/history";

/** Every change of state that there was: from what to what, why, and by whom. */
export function HistoryPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const route = useStore(dashboard.route);
  const query = { ...askedOf(route.query), limit: PAGE };
  const { items, failure, more, again } = usePaged<HistoryEntry>(PATH, query);
  return (
    <>
      <PageHead title={texts.history} />
      <RecordFilter
        path={PATH}
        query={route.query}
        onQuery={(next) => dashboard.go("history", { query: next })}
        fields={[
          { key: "kind", label: texts.kind },
          { key: "name", label: texts.name },
          { key: "fleet", label: texts.fleet },
          { key: "node", label: texts.node },
          { key: "state", label: texts.state },
          { key: "reason", label: texts.reason },
          { key: "by", label: texts.byWhom },
        ]}
      />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!items && failure === undefined && <Loading />}
      {items?.length === 0 && <Empty text={texts.noHistory} />}
      {items && items.length > 0 && <HistoryTable items={items} />}
      {more && (
        <button type="button" onClick={more}>
          {texts.more}
        </button>
      )}
    </>
  );
}

function HistoryTable({ items }: { readonly items: readonly HistoryEntry[] }): JSX.Element {
  const texts = useTexts();
  return (
    <div class="panel scroll-x">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">{texts.when}</th>
            <th scope="col">{texts.object}</th>
            <th scope="col">{texts.change}</th>
            <th scope="col">{texts.why}</th>
            <th scope="col">{texts.byWhom}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.id}>
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
                {one.by ? (
                  <a href={hashFor({ page: "history", query: { by: one.by } })}>{one.by}</a>
                ) : (
                  "–"
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
