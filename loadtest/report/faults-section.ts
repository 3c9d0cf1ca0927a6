import { table } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { duration, shortNumber } from "./numbers.ts";
import type { FaultRecord, RunResult } from "./run-result.ts";

/** What was broken on purpose, and what players noticed of it. */
export function faultsSection({ faults = [] }: RunResult): Html {
  if (faults.length === 0) return html``;
  return html`<section><h2>What was broken on purpose, and what players noticed</h2>
<p>Each fault stands as a band in the charts of this page, under its number.</p>
<div class="words">${table({
    caption: "Faults in their order",
    head: ["fault", "at", "players noticed", "allocation answered", "the part was back", "result"],
    rows: faults.map((fault, n) => [
      html`${n + 1}. ${fault.what}${fault.about ? html`<br><span class="quiet">${fault.about}</span>` : ""}`,
      `${fault.atSecond}\u00A0s`,
      noticed(fault),
      after(fault.answersAfterMs),
      after(fault.backAfterMs),
      outcome(fault),
    ]),
  })}</div></section>`;
}

function noticed({ lost }: FaultRecord): Html {
  const seen = Object.entries(lost).filter(([, count]) => count > 0);
  if (seen.length === 0) return html`nothing`;
  return html`${seen.map(([what, count], n) => html`${n > 0 ? html`<br>` : ""}${what}: ${/ms$/.test(what) ? shortNumber(Math.round(count)) : shortNumber(count)}`)}`;
}

const after = (ms: number | undefined): string =>
  ms === undefined ? "–" : `after ${duration(ms)}`;

/** What of it went beyond what is allowed. */
export function beyond({ lost, allowed = {} }: FaultRecord): string[] {
  return Object.entries(allowed).flatMap(([what, most]) => {
    const seen = lost[what] ?? 0;
    return seen > most ? [`${what}: ${shortNumber(seen)} instead of ${shortNumber(most)}`] : [];
  });
}

function outcome(fault: FaultRecord): Html {
  const broken = beyond(fault);
  if (broken.length > 0) return html`<span class="failed">missed</span> ${broken.join("; ")}`;
  return fault.allowed ? html`<span class="passed">kept</span>` : html`told only`;
}
