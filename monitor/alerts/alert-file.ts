import { readFile } from "node:fs/promises";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { type AlertBook, EMPTY_BOOK } from "./alert-book.ts";
import { RULE_NAMES } from "./rules.ts";

const FORMAT = 1;

/** The book as it was kept; an empty one without a file. Alerts of rules that are no more are left out. */
export async function readAlertBook(file: string): Promise<AlertBook> {
  try {
    const kept: unknown = JSON.parse(await readFile(file, "utf8"));
    if (!isObject(kept) || kept.format !== FORMAT || !isObject(kept.book))
      throw new FleetError("FAILED_PRECONDITION", "it is no book of alerts of this release");
    const book = { ...EMPTY_BOOK, ...kept.book } as AlertBook;
    const isKnown = ({ rule }: { readonly rule: string }): boolean =>
      RULE_NAMES.some((name) => name === rule);
    return { ...book, open: book.open.filter(isKnown), resolved: book.resolved.filter(isKnown) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return EMPTY_BOOK;
    const message = `${file} cannot be used (${messageOf(error)}): delete it to begin without alerts and silences`;
    throw new FleetError("FAILED_PRECONDITION", message, {}, error);
  }
}

/** Appears whole or not at all. */
export async function keepAlertBook(file: string, book: AlertBook): Promise<void> {
  await replaceFile(file, 0o600, `${JSON.stringify({ format: FORMAT, book })}\n`);
}
