import type { Reason } from "../../core/model/reason.ts";
import { ACTION_WORDS } from "./action-words.ts";
import { FAILURE_WORDS } from "./failure-words.ts";
import { PEOPLE_WORDS } from "./people-words.ts";
import { REASON_WORDS } from "./reason-words.ts";
import { RULE_WORDS } from "./rule-words.ts";
import { WORDS } from "./words.ts";

export type Language = "en" | "ko";
/** English, then Korean: one row holds both, so none can be missing. */
export type TextRow = readonly [string, string] | readonly [Phrase, Phrase];
type Phrase = (...parts: never[]) => string;

export const TABLE = { ...WORDS, ...ACTION_WORDS, ...PEOPLE_WORDS, ...FAILURE_WORDS };
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
const made = new Map<Language, Texts>();

/** The table's column for a language. */
export function textsFor(language: Language): Texts {
  const found = made.get(language);
  if (found) return found;
  const rows = Object.entries(TABLE).map(([name, row]) => [name, row[COLUMN[language]]]);
  const texts = Object.fromEntries(rows) as Texts;
  made.set(language, texts);
  return texts;
}

/** What a reason means; undefined for one that is not known here. */
export function reasonText(reason: string, language: Language): string | undefined {
  return Object.hasOwn(REASON_WORDS, reason)
    ? REASON_WORDS[reason as Reason]?.[COLUMN[language]]
    : undefined;
}

/** The reader's choice, or else the first of the browser's languages that the page speaks. Pure. */
export function languageOf(chosen: string | null, wanted: readonly string[]): Language {
  if (chosen === "en" || chosen === "ko") return chosen;
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((tag): tag is Language => tag === "en" || tag === "ko") ?? "en";
}

/** What a rule of alerts finds, in a few words; undefined for a rule that this page does not know. */
export function ruleText(rule: string, language: Language): string | undefined {
  return Object.hasOwn(RULE_WORDS, rule) ? RULE_WORDS[rule]?.[COLUMN[language]] : undefined;
}
