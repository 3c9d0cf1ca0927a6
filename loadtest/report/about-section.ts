import { figure } from "./figure.ts";
import { type Html, html } from "./html.ts";
import { shortNumber } from "./numbers.ts";
import type { RunResult } from "./run-result.ts";

/** On what, with what and how it was measured: without that a figure says nothing. */
export function aboutSection(result: RunResult): Html {
  const { machine, versions, commit, command, startedAt, settings, notes, cpu } = result;
  const rows: (readonly [string, string | Html])[] = [
    ["command", html`<code>${command}</code>`],
    ["started", startedAt],
    ["commit", html`<code>${commit}</code>`],
    [
      "machine",
      `${machine.cpus} × ${machine.cpu ?? "unknown processor"}, ${machine.arch}, ${shortNumber(machine.memoryMiB)} MiB, Linux ${machine.kernel}`,
    ],
    ["load of the minute before", shortNumber(machine.loadBefore)],
    [
      "versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
    ["settings", html`<code>${JSON.stringify(settings)}</code>`],
  ];
  return html`<section><h2>Machine, versions and settings</h2>
${notes.length > 0 ? html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>` : ""}
<dl class="about">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${
  cpu
    ? figure({
        id: "cpu",
        title: "Processor use of the machine and of the generator",
        unit: "percent of one core",
        lines: [
          { name: "machine", values: cpu.machine },
          { name: "generator", values: cpu.generator },
        ],
      })
    : ""
}
</section>`;
}
