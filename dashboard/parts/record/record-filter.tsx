import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { queryText } from "../../net/call.ts";
import type { Route } from "../../view/route.ts";
import { useTexts } from "../shell/dashboard.ts";

interface RecordFilterProps {
  readonly path: string;
  readonly query: Route["query"];
  readonly onQuery: (query: Route["query"]) => void;
  readonly fields: readonly { readonly key: string; readonly label: string }[];
}

/** Narrows a record by what stands in it and by time, and saves what is left as a file. */
export function RecordFilter({ path, query, onQuery, fields }: RecordFilterProps): JSX.Element {
  const texts = useTexts();
  const [draft, setDraft] = useState(query);
  const asked = askedOf(query);
  return (
    <search>
      <form
        class="filter record-filter"
        onSubmit={(event) => {
          event.preventDefault();
          onQuery(draft);
        }}
      >
        {fields.map(({ key, label }) => (
          <label key={key}>
            <span>{label}</span>
            <input
              name={key}
              value={draft[key] ?? ""}
              spellcheck={false}
              onInput={(event) => setDraft({ ...draft, [key]: event.currentTarget.value })}
            />
          </label>
        ))}
        {(["from", "to"] as const).map((key) => (
          <label key={key}>
            <span>{key === "from" ? texts.from : texts.until}</span>
            <input
              type="datetime-local"
              name={key}
              value={draft[key] ?? ""}
              onInput={(event) => setDraft({ ...draft, [key]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button type="submit" class="main">
          {texts.search}
        </button>
        {["csv", "json"].map((format) => (
          <a key={format} class="button" href={path + queryText({ ...asked, format })} download>
            {texts.exportAs(format.toUpperCase())}
          </a>
        ))}
      </form>
    </search>
  );
}

/** What the server is asked: times in milliseconds. Pure. */
export function askedOf(query: Route["query"]): Record<string, string> {
  const { from = "", to = "", ...rest } = query;
  const ms = (text: string): string => {
    const at = Date.parse(text);
    return Number.isNaN(at) ? "" : String(at);
  };
  const given = { ...rest, from: ms(from), to: ms(to) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}
