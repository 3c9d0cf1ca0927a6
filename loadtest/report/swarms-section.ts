import { type Chart, LINES_MAX } from "./chart.ts";
import { figure, table } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { shortNumber } from "./numbers.ts";
import type { RunResult, SwarmRecord } from "./run-result.ts";
import { bandOf } from "./steps-section.ts";

/** Lines of one unit stand in one chart. */
const UNITS: readonly (readonly [title: string, unit: string, isOf: (name: string) => boolean])[] =
  [
    ["Times", "milliseconds", (name) => name.endsWith("Ms")],
    [
      "Lost, doubled, reordered",
      "packets per second",
      (name) => /^(lost|duplicates|reordered|skipped)$/.test(name),
    ],
    ["Sent", "packets per second", (name) => name === "sent"],
    ["Open", "sockets", (name) => name === "open"],
    [
      "Came, failed, were closed",
      "per second",
      (name) => /^(joined|failed|closed|replies)$/.test(name),
    ],
  ];

/** Many endpoints of one kind: what they sent, lost and waited for. */
export function swarmsSection({ swarms = {}, faults = [] }: RunResult): Html {
  const all = Object.entries(swarms);
  if (all.length === 0) return html``;
  const bands = faults.map(bandOf);
  return html`<section><h2>Swarms</h2>${all.map(([name, swarm], n) => swarmPart(name, swarm, `swarm-${n}`, bands))}
<p class="quiet">Loss, duplicates and reordering (RFC 4737: an answer after one with a higher number) are counted in the second in which the
packet was sent. Jitter is the smoothed difference of round trips (RFC 3550, section 6.4.1). <em>skipped</em> are packets that the generator
itself was too late for: where there are many, its figures are worth less.</p></section>`;
}

function swarmPart(name: string, swarm: SwarmRecord, id: string, bands: Chart["bands"]): Html {
  const { wanted, open, counts, series } = swarm;
  const known = new Set<string>();
  const charts = UNITS.map(([title, unit, isOf], n) => {
    const lines = Object.entries(series).filter(([line]) => isOf(line));
    for (const [line] of lines) known.add(line);
    return { id: `${id}-${n}`, title: `${title} (${name})`, unit, lines };
  });
  const others = Object.entries(series)
    .filter(([line]) => !known.has(line))
    .slice(0, LINES_MAX);
  charts.push({ id: `${id}-others`, title: `Others (${name})`, unit: "", lines: others });
  return html`<h3>${name}: ${shortNumber(open)} of ${shortNumber(wanted)}</h3>
${table({
  caption: `Counts of ${name}`,
  head: ["what", "how much"],
  rows: Object.entries(counts).map(([what, count]) => [what, shortNumber(count)]),
})}
${charts
  .filter(({ lines }) => lines.length > 0)
  .map(({ lines, ...chart }) =>
    figure({
      ...chart,
      ...(bands ? { bands } : {}),
      lines: lines.map(([line, values]) => ({ name: line, values })),
    }),
  )}`;
}
