import { FAILURES } from "./failures.ts";
import { WORDS } from "./words.ts";

export type Language = "en" | "ko";

const TABLE = { ...WORDS, ...FAILURES };
type Table = typeof TABLE;
/** What the page says, in one language: texts, and phrases that take parts. */
export type Texts = {
  readonly [K in keyof Table]: Table[K][0] extends string ? string : Table[K][0];
};
/** The names of rows that are plain texts. */
export type PlainText = {
  [K in keyof Table]: Table[K][0] extends string ? K : never;
}[keyof Table];

const COLUMN = { en: 0, ko: 1 } as const;

/** The table's column for a language. */
export function textsFor(language: Language): Texts {
  const column = COLUMN[language];
  const rows = Object.entries(TABLE).map(([name, row]) => [name, row[column]]);
  return Object.fromEntries(rows) as Texts;
}

/** The player's choice, or else the first of the browser's languages that the page speaks. Pure. */
export function languageOf(chosen: string | null, wanted: readonly string[]): Language {
  if (chosen === "en" || chosen === "ko") return chosen;
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((tag): tag is Language => tag === "en" || tag === "ko") ?? "en";
}
