/** Markup that is safe to show: what was put into it was escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}
export type Shown = string | number | Html | undefined | readonly Shown[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand between tags and in quoted attributes. */
export function escaped(text: string): string {
  // What is no character of HTML is shown as what it is: unknown.
  const known = text.replaceAll(/[^\P{C}\n\t]|\p{Cs}/gu, "\uFFFD");
  return known.replaceAll(/[&<>"']/g, (one) => ESCAPES[one] ?? "");
}

/** A template whose values are escaped, unless they are markup themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(
    parts.map((part, i) => part + (i < values.length ? shown(values[i]) : "")).join(""),
  );
}

function shown(value: Shown): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(shown).join("");
  return escaped(String(value));
}
