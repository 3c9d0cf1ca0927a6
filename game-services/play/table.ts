import type { PlayerStats } from "./players.ts";

const COLUMNS: readonly (readonly [string, (stats: PlayerStats) => string])[] = [
  ["PLAYER", ({ name }) => name],
  ["SAW", ({ saw }) => list(saw)],
  ["SAW MOVE (UDP)", ({ sawMoveByUdp }) => list(sawMoveByUdp)],
  ["HEARD", ({ heard }) => String(heard.length)],
  ["WS p50/p99 ms", ({ webSocketRtts: r }) => `${ms(r.quantile(0.5))}/${ms(r.quantile(0.99))}`],
  ["UDP p50/p99 ms", ({ udpRtts: r }) => `${ms(r.quantile(0.5))}/${ms(r.quantile(0.99))}`],
  ["UDP LOST", ({ udpLost, udpSent }) => `${udpLost} of ${udpSent}`],
];
const NAMES_MAX = 3;

/** What each player saw, as a table for people. */
export function tableOf(all: readonly PlayerStats[]): string {
  const rows = [COLUMNS.map(([name]) => name), ...all.map((s) => COLUMNS.map(([, of]) => of(s)))];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

function list(names: readonly string[]): string {
  if (names.length === 0) return "nobody";
  const shown = names.slice(0, NAMES_MAX).join(", ");
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown;
}

function ms(value: number): string {
  return Number.isNaN(value) ? "-" : value.toFixed(2);
}
