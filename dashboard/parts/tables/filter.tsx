import type { JSX } from "preact";
import type { Row } from "../../net/wire.ts";
import type { Route } from "../../view/route.ts";
import { useTexts } from "../shell/dashboard.ts";

export interface FilterField {
  readonly key: string;
  readonly label: string;
  readonly values: readonly string[];
}
interface FilterProps {
  readonly query: Route["query"];
  readonly onQuery: (query: Route["query"]) => void;
  readonly fields: readonly FilterField[];
}

/** The search field of a list, and what it can be narrowed by. */
export function Filter({ query, onQuery, fields }: FilterProps): JSX.Element {
  const texts = useTexts();
  const set = (key: string, value: string): void => {
    const { [key]: _old, ...rest } = query;
    onQuery(value === "" ? rest : { ...rest, [key]: value });
  };
  return (
    <search class="filter">
      <input
        type="search"
        placeholder={texts.filter}
        aria-label={texts.filter}
        value={query.q ?? ""}
        spellcheck={false}
        onInput={(event) => set("q", event.currentTarget.value)}
      />
      {fields.map(({ key, label, values }) => (
        <select
          key={key}
          aria-label={label}
          value={query[key] ?? ""}
          onChange={(event) => set(key, event.currentTarget.value)}
        >
          <option value="">{`${label}: ${texts.all}`}</option>
          {[...new Set([...values, ...(query[key] ? [query[key]] : [])])].map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </select>
      ))}
    </search>
  );
}

/** The rows that a query keeps: `q` is any part of the name, reason, message, or game server of a room. Pure. */
export function keptBy(rows: readonly Row[], query: Route["query"]): readonly Row[] {
  const { q = "", ...exact } = query;
  const wanted = Object.entries(exact).filter(([, value]) => value !== "");
  const part = q.trim().toLowerCase();
  if (part === "" && wanted.length === 0) return rows;
  return rows.filter(
    (row) =>
      wanted.every(([key, value]) => row[key] === value) &&
      (part === "" ||
        [row.name, row.reason, row.message, row.server].some(
          (text) => typeof text === "string" && text.toLowerCase().includes(part),
        )),
  );
}
