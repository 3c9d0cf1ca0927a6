import { Failure } from "../net/failure.ts";
import type { PlainText, Texts } from "./texts.ts";

const BY_STATUS: Readonly<Record<number, PlainText>> = {
  0: "failNetwork",
  401: "failSignedOut",
  403: "failForbidden",
  404: "failGone",
  409: "failConflict",
  413: "failTooLarge",
  422: "failInvalid",
  429: "failBusy",
  500: "failInside",
  502: "failNetwork",
  503: "failAway",
  504: "failAway",
  507: "failDisk",
};

/** What went wrong and what to do, in words; the server's own sentence follows, for it names the object. Pure. */
export function failureText(error: unknown, texts: Texts): string {
  if (!(error instanceof Failure)) return texts.failOther;
  const text = texts[BY_STATUS[error.status] ?? "failOther"];
  if (error.status === 0 || error.message === "") return text;
  return `${text} (${error.message})`;
}
