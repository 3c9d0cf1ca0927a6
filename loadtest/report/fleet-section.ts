import { figure, table } from "./figure.ts";
import { type Html, html } from "./html.ts";
import type { FleetRecord, RunResult } from "./run-result.ts";
import { bandOf } from "./steps-section.ts";

const EVENTS_MAX = 60;

/** How large each fleet was while players came and went, and what its autoscaler decided. */
export function fleetSections(result: RunResult): Html {
  const fleets = [
    ...(result.fleet ? [[result.fleet.fleet, result.fleet] as const] : []),
    ...Object.entries(result.fleets ?? {}),
  ];
  return html`${fleets.map(([name, fleet], n) => fleetSection(name, fleet, `fleet-${n}`, result))}`;
}

function fleetSection(
  name: string,
  fleet: FleetRecord,
  id: string,
  { faults = [] }: RunResult,
): Html {
  const { replicas, ready, allocated, reserved, desired, rooms, players, cpuPercent } = fleet;
  const bands = faults.map(bandOf);
  const lines = { replicas, desired, ready, allocated, ...(reserved ? { reserved } : {}) };
  const named = (all: Readonly<Record<string, FleetRecord["replicas"]>>) =>
    Object.entries(all).map(([line, values]) => ({ name: line, values }));
  return html`<section><h2>The fleet ${name} against its players</h2>
${figure({ id: `${id}-players`, title: "Players and rooms", unit: "at once", bands, lines: named({ players, rooms }) })}
${figure({ id: `${id}-size`, title: "Game servers, and how many the autoscaler wants", unit: "servers", bands, lines: named(lines) })}
${cpuPercent ? figure({ id: `${id}-cpu`, title: "Processor use of its containers", unit: "percent of one core", bands, lines: named({ cpu: cpuPercent }) }) : ""}
${eventsTable(name, fleet)}
</section>`;
}

function eventsTable(name: string, { events = [] }: FleetRecord): Html {
  if (events.length === 0) return html``;
  const left = events.length - EVENTS_MAX;
  return html`<details open><summary>What the autoscaler decided, and why</summary><div class="words">${table(
    {
      caption: `Decisions on ${name}`,
      head: ["second", "decision", "why"],
      rows: events.slice(0, EVENTS_MAX).map((one) => [one.atSecond, one.reason, one.message]),
    },
  )}</div>${left > 0 ? html`<p class="quiet">${left} more are in result.json.</p>` : ""}</details>`;
}
