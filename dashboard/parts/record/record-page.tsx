import type { JSX } from "preact";
import type { PageName } from "../../view/route.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";
import { PlainTable } from "../tables/plain-table.tsx";
import { askedOf, RecordFilter } from "./record-filter.tsx";
import { usePaged } from "./use-paged.ts";

const PAGE = 100;

interface RecordPageProps<T> {
  readonly page: PageName;
  /** Where it is read, in pages, or as a file. */
  readonly path: string;
  readonly title: string;
  /** What is said where nothing is found. */
  readonly none: string;
  /** What it can be narrowed by. */
  readonly fields: readonly { readonly key: string; readonly label: string }[];
  readonly heads: readonly string[];
  /** A row of the table. */
  readonly row: (one: T) => JSX.Element;
}

/** A record of what has been, newest first: narrowed, read on page by page, and saved as a file. */
export function RecordPage<T>(props: RecordPageProps<T>): JSX.Element {
  const { page, path, title, none, fields, heads, row } = props;
  const dashboard = useDashboard();
  const texts = useTexts();
  const route = useStore(dashboard.route);
  const query = { ...askedOf(route.query), limit: PAGE };
  const { items, failure, more, again } = usePaged<T>(path, query);
  return (
    <>
      <PageHead title={title} />
      <RecordFilter
        path={path}
        query={route.query}
        onQuery={(next) => dashboard.go(page, { query: next })}
        fields={fields}
      />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!items && failure === undefined && <Loading />}
      {items?.length === 0 && <Empty text={none} />}
      {items && items.length > 0 && (
        <div class="panel">
          <PlainTable heads={heads}>{items.map(row)}</PlainTable>
        </div>
      )}
      {more && (
        <button type="button" onClick={more}>
          {texts.more}
        </button>
      )}
    </>
  );
}
