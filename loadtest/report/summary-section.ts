import { table } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { duration, shortNumber } from "./numbers.ts";
import type { RunResult, SwarmRecord, ThresholdResult } from "./run-result.ts";

/** What everybody reads: whether the promises were kept, each in words, and the figures that people ask for first. */
export function summarySection(result: RunResult): Html {
  const { name, profile, startedAt, thresholds, seconds } = result;
  const missed = thresholds.filter(({ passed }) => !passed);
  return html`<header>
<p class="quiet">Flotilla load test, ${dateOf(startedAt)}</p>
<h1>${name}, profile ${profile}: ${duration(seconds * 1000)}</h1>
${verdict(
  thresholds.length,
  missed.map((one) => one.name),
)}
<dl class="facts">${factsOf(result).map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
${thresholds.length > 0 ? thresholdTable(thresholds) : ""}
</header>`;
}

function verdict(count: number, missed: readonly string[]): Html {
  if (count === 0)
    return html`<div class="verdict failed"><p>Nothing was promised of this run, so nothing is proven.</p></div>`;
  if (missed.length === 0)
    return html`<div class="verdict passed"><p>Passed: ${count === 1 ? "the one threshold was" : `all ${count} thresholds were`} kept.</p></div>`;
  return html`<div class="verdict failed"><p>Failed: ${missed.length} of ${count} thresholds ${missed.length === 1 ? "was" : "were"} missed.</p>
<p>Missed: ${missed.join("; ")}.</p></div>`;
}

function thresholdTable(thresholds: readonly ThresholdResult[]): Html {
  const sorted = thresholds.toSorted((a, b) => Number(a.passed) - Number(b.passed));
  return table({
    caption: "What was promised, and what was seen",
    head: ["threshold", "limit", "seen", "result"],
    rows: sorted.map(({ name, limit, seen, passed }) => [
      name,
      shortNumber(limit),
      seen === undefined ? "nothing seen" : shortNumber(seen),
      html`<span class="${passed ? "passed" : "failed"}">${passed ? "kept" : "missed"}</span>`,
    ]),
  });
}

/** Those that the run has something to say of. */
function factsOf(result: RunResult): (readonly [string, string])[] {
  const steps = Object.values(result.steps);
  const errors = steps.flatMap((step) => Object.values(step.errors)).reduce((a, b) => a + b, 0);
  const done = steps.reduce((sum, { count }) => sum + count, 0);
  const facts: (readonly [string, string])[] = [];
  if (steps.length > 0) {
    facts.push(["steps done", shortNumber(done)], ["errors", shortNumber(errors)]);
    facts.push(["done in a second, at most", shortNumber(Math.max(...sumBySecond(result)))]);
  }
  const fleets = [...(result.fleet ? [result.fleet] : []), ...Object.values(result.fleets ?? {})];
  const peak = (all: readonly (number | null)[]): number =>
    Math.max(0, ...all.map((one) => one ?? 0));
  if (fleets.length > 0) {
    facts.push([
      "players at once, at most",
      shortNumber(Math.max(...fleets.map((one) => peak(one.players)))),
    ]);
    facts.push([
      "game servers, at most",
      shortNumber(Math.max(...fleets.map((one) => peak(one.replicas)))),
    ]);
  }
  for (const [name, swarm] of Object.entries(result.swarms ?? {}))
    facts.push(...factsOfSwarm(name, swarm));
  if (result.faults) facts.push(["faults", shortNumber(result.faults.length)]);
  return facts;
}

function factsOfSwarm(name: string, { open, counts }: SwarmRecord): (readonly [string, string])[] {
  const { sent, lost } = counts;
  const loss = sent && lost !== undefined ? `${((100 * lost) / sent).toFixed(3)} %` : undefined;
  return [
    [`${name}: open`, shortNumber(open)],
    ...(loss === undefined ? [] : [[`${name}: packets lost`, loss] as const]),
  ];
}

function sumBySecond({ steps }: RunResult): number[] {
  const sums: number[] = [0];
  for (const { perSecond } of Object.values(steps))
    perSecond.forEach((count, second) => {
      sums[second] = (sums[second] ?? 0) + count;
    });
  return sums;
}

/** To the minute, in the time that the run wrote down. */
function dateOf(startedAt: string): string {
  return startedAt.replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, " UTC");
}
