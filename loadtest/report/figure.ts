import { type Chart, chartSvg, LINES_MAX, type Line, secondsOf, valueAt } from "./chart.ts";
import { type Html, html } from "./html.ts";
import { shortNumber } from "./numbers.ts";

const ROWS_MAX = 24;

/** A chart with what it shows in a sentence, a legend, and its numbers as a table. */
export function figure(chart: Chart): Html {
  const { id, title, unit, lines, bands = [] } = chart;
  const left = lines.length - LINES_MAX;
  return html`<figure>
<figcaption><h3 id="${id}-name">${title} <span class="unit">${unit}</span></h3>
<ul class="legend">${lines.slice(0, LINES_MAX).map(({ name }, n) => html`<li><svg class="key" viewBox="0 0 24 8" aria-hidden="true"><path class="line s${n}" d="M0 4h24"/></svg>${name}</li>`)}</ul>
</figcaption>
${chartSvg(chart)}
<p>${lines.map((line) => html`${sentenceOf(line)} `)}${left > 0 ? `The last ${left} are in the table only. ` : ""}</p>
${bands.length > 0 ? html`<p class="quiet">Marked: ${bands.map(({ label, from }, n) => `${n > 0 ? ", " : ""}${n + 1} ${label} (${shortNumber(from)} s)`)}.</p>` : ""}
<details><summary>Numbers of “${title}”</summary>${tableOf(chart)}</details>
</figure>`;
}

/** What a line does, for those who do not look at it. */
export function sentenceOf({ name, values }: Line): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return `${name}: nothing was seen.`;
  const max = Math.max(...known);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (max === 0) return `${name}: 0 all the time.`;
  const at = values.indexOf(max);
  return `${name}: ${shortNumber(mean)} on average, at most ${shortNumber(max)} (at ${at} s).`;
}

function tableOf({ title, unit, lines }: Chart): Html {
  const seconds = secondsOf(lines);
  const every = Math.ceil(seconds / ROWS_MAX) || 1;
  const rows = Array.from({ length: Math.ceil(seconds / every) }, (_, n) => n * every);
  return table({
    caption: `${title}, ${unit}`,
    head: ["second", ...lines.map(({ name }) => name)],
    rows: rows.map((second) => [second, ...lines.map(({ values }) => valueAt(values, second))]),
  });
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first of each row is its head. */
  readonly rows: readonly (readonly (string | number | Html | undefined)[])[];
}

/** A table that can be scrolled by itself, also with the keyboard. */
export function table({ caption, head, rows }: Table): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([
      first,
      ...rest
    ]) => html`<tr><th scope="row">${first}</th>${rest.map((one) => html`<td>${one ?? "–"}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
