import { type Band, LINES_MAX } from "./chart.ts";
import { figure, table } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { shortNumber } from "./numbers.ts";
import type { BaselineRecord, RunResult, StepRecord } from "./run-result.ts";

type Steps = readonly (readonly [string, StepRecord])[];

/** The steps of the players' way: how many, how fast, and what went wrong. */
export function stepsSection({ steps, faults = [], baselines = {} }: RunResult): Html {
  const all: Steps = Object.entries(steps);
  if (all.length === 0) return html``;
  const bands = faults.map(bandOf);
  return html`<section><h2>What players did, and how fast</h2>
${table({
  caption: "Each step of the players' way; times in milliseconds",
  head: ["step", "done", "errors", "p50", "p90", "p99", "p99.9", "longest"],
  rows: all.map(([name, step]) => [
    name,
    shortNumber(step.count),
    shortNumber(errorsOf(step)),
    ...timesOf(step),
  ]),
})}
${figure({ id: "rates", title: "Done in each second", unit: "per second", bands, lines: all.map(([name, { perSecond }]) => ({ name, values: perSecond })) })}
${chunks(all).map((some, n) => percentileFigures(some, n, bands))}
${baselinesTable(Object.entries(baselines))}
${errorsPart(all, bands)}
</section>`;
}

export function bandOf(fault: NonNullable<RunResult["faults"]>[number]): Band {
  const { atSecond, seconds = 1, what } = fault;
  return { from: atSecond, to: atSecond + seconds, label: what };
}

function percentileFigures(some: Steps, n: number, bands: readonly Band[]): Html {
  const more = n === 0 ? "" : `, steps from ${n * LINES_MAX + 1} on`;
  const unit = "milliseconds";
  const lines = (of: "p50Ms" | "p99Ms") => some.map(([name, step]) => ({ name, values: step[of] }));
  return html`${figure({ id: `p50-${n}`, title: `Half of them took at most (p50)${more}`, unit, bands, lines: lines("p50Ms") })}
${figure({ id: `p99-${n}`, title: `99 of 100 took at most (p99)${more}`, unit, bands, lines: lines("p99Ms") })}`;
}

/** So many steps that their lines can be told apart. */
function chunks(all: Steps): Steps[] {
  return Array.from({ length: Math.ceil(all.length / LINES_MAX) }, (_, n) =>
    all.slice(n * LINES_MAX, (n + 1) * LINES_MAX),
  );
}

function timesOf({ all }: StepRecord): string[] {
  const times = all ? [all.p50, all.p90, all.p99, all.p999, all.max] : [];
  return Array.from({ length: 5 }, (_, n) => shortNumber(times[n] ?? Number.NaN));
}

function errorsOf({ errors }: StepRecord): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

function errorsPart(all: Steps, bands: readonly Band[]): Html {
  const causes = all
    .flatMap(([step, { errors }]) =>
      Object.entries(errors).map(([cause, count]) => ({ step, cause, count })),
    )
    .sort((a, b) => b.count - a.count);
  if (causes.length === 0) return html`<h3>Errors</h3><p>There were none.</p>`;
  const most = causes[0]?.count ?? 1;
  const failing = all.filter(([, step]) => errorsOf(step) > 0);
  return html`<h3>Errors by cause</h3>
<div class="words">${table({
    caption: "Errors by step and cause, most first",
    head: ["cause", "step", "how often"],
    rows: causes.map(({ step, cause, count }) => [
      cause,
      step,
      html`${shortNumber(count)}<span class="bar" style="width:${Math.max(1, Math.round((count / most) * 96))}px"></span>`,
    ]),
  })}</div>
${figure({ id: "errors", title: "Errors in each second", unit: "per second", bands, lines: failing.map(([name, step]) => ({ name, values: step.errorsPerSecond })) })}`;
}

function baselinesTable(baselines: readonly (readonly [string, BaselineRecord])[]): Html {
  if (baselines.length === 0) return html``;
  return html`<h3>Beside something bare, in the same run</h3>
<p>Both were asked in turns, so that they saw the same machine. A ratio of 2 means: the platform takes twice as long.</p>
${table({
  caption: "The platform beside something bare; times in milliseconds",
  head: [
    "yardstick",
    "of",
    "platform p50",
    "bare p50",
    "ratio",
    "platform p99",
    "bare p99",
    "ratio",
    "turns",
  ],
  rows: baselines.map(([name, one]) => [
    html`${name}: ${one.about}`,
    one.step,
    ...[
      one.platformP50Ms,
      one.bareP50Ms,
      one.ratioP50,
      one.platformP99Ms,
      one.bareP99Ms,
      one.ratioP99,
      one.turns,
    ].map(shortNumber),
  ]),
})}`;
}
