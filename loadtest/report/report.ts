import { aboutSection } from "./about-section.ts";
import { faultsSection } from "./faults-section.ts";
import { fleetSections } from "./fleet-section.ts";
import { type Html, html } from "./html.ts";
import type { RunResult } from "./run-result.ts";
import { stepsSection } from "./steps-section.ts";
import { STYLE } from "./style.ts";
import { summarySection } from "./summary-section.ts";
import { swarmsSection } from "./swarms-section.ts";

/**
 * One HTML file that shows a run whole: nothing in it is loaded from elsewhere, no program runs in it, and whatever the run
 * wrote down is escaped. Pure.
 */
export function renderReport(result: RunResult): string {
  const { name, profile, startedAt } = result;
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Load test ${name} (${profile}), ${startedAt}</title>
<style>${STYLE_HTML}</style>
</head>
<body>
${summarySection(result)}
<main>
${stepsSection(result)}
${fleetSections(result)}
${faultsSection(result)}
${swarmsSection(result)}
${aboutSection(result)}
</main>
<footer><p>Made by Flotilla’s load tests. The same numbers, whole, are in <code>result.json</code> beside this file.</p></footer>
</body>
</html>
`;
  return page.text;
}

/** Our own, and without anything of the run in it. */
const STYLE_HTML: Html = rawStyle(STYLE);

function rawStyle(css: string): Html {
  return Object.assign(html``, { text: css });
}
