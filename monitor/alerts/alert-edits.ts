import type { Acknowledgement, Alert, Silence } from "../../core/model/alert.ts";
import { FleetError } from "../../core/std/errors.ts";
import { type AlertBook, type AlertEdit, alertView } from "./alert-book.ts";
import { silenced } from "./silenced.ts";

export const SILENCES_MAX = 200;

/** Somebody has seen it. Pure. */
export function acknowledgeIn(
  book: AlertBook,
  id: string,
  acknowledged: Acknowledgement,
): AlertEdit<Alert> {
  const alert = book.open.find((one) => one.id === id);
  if (!alert) {
    const isOver = book.resolved.some((one) => one.id === id);
    const code = isOver ? "FAILED_PRECONDITION" : "NOT_FOUND";
    const why = isOver ? "is resolved already" : "is not there";
    throw new FleetError(code, `alert ${JSON.stringify(id)} ${why}`, {
      next: "`flotilla alert ls` shows what there is",
    });
  }
  const seen = { ...alert, acknowledged };
  const open = book.open.map((one) => (one === alert ? seen : one));
  return { book: { ...book, open }, answer: alertView(seen) };
}

/** Pure. EXHAUSTED when there are too many. */
export function silenceIn(
  book: AlertBook,
  wish: Omit<Silence, "id" | "atMs">,
  now: number,
): AlertEdit<Silence> {
  const silences = book.silences.filter(({ endsAtMs }) => endsAtMs > now);
  if (silences.length >= SILENCES_MAX)
    throw new FleetError("EXHAUSTED", `there are ${SILENCES_MAX} silences, which is the most`, {
      next: "end some: `flotilla alert unsilence ID`",
    });
  const made = book.made + 1;
  const silence = { id: `s${now.toString(36)}-${made}`, ...wish, atMs: now };
  return { book: withSilences({ ...book, made }, [...silences, silence]), answer: silence };
}

/** Pure. NOT_FOUND when there is none. */
export function unsilenceIn(book: AlertBook, id: string): AlertEdit<Silence> {
  const silence = book.silences.find((one) => one.id === id);
  if (!silence) throw new FleetError("NOT_FOUND", `silence ${JSON.stringify(id)} is not there`);
  const silences = book.silences.filter((one) => one !== silence);
  return { book: withSilences(book, silences), answer: silence };
}

/** Who looks next sees it, and so does who starts with what is kept. */
function withSilences(book: AlertBook, silences: readonly Silence[]): AlertBook {
  return { ...book, silences, open: book.open.map((alert) => silenced(alert, silences)) };
}
