import type { AlertMatch, Silence } from "../../core/model/alert.ts";
import type { BookedAlert } from "./alert-book.ts";

/** The alert with which of the silences keeps it quiet, if one does. Pure. */
export function silenced(alert: BookedAlert, silences: readonly Silence[]): BookedAlert {
  const { silencedBy: _, ...rest } = alert;
  const by = silences.find(({ match }) => fits(match, alert));
  return by ? { ...rest, silencedBy: by.id } : rest;
}

/** True when an alert is what a silence means. */
function fits(
  { rule, kind, namespace, name }: AlertMatch,
  { rule: its, subject }: Pick<BookedAlert, "rule" | "subject">,
): boolean {
  return (
    (rule === undefined || rule === its) &&
    (kind === undefined || kind === subject.kind) &&
    (namespace === undefined || namespace === subject.namespace) &&
    (name === undefined || name === subject.name)
  );
}
