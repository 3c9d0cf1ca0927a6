import { type Html, html } from "./html.ts";
import { niceTicks, shortNumber } from "./numbers.ts";
import type { Series } from "./run-result.ts";

export interface Line {
  readonly name: string;
  readonly values: Series;
}
/** A time to point at, such as that of a fault; in seconds. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}
export interface Chart {
  /** Of its heading, which names it for those who do not see it. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly bands?: readonly Band[];
}

const WIDTH = 760;
const HEIGHT = 230;
const LEFT = 56;
const RIGHT = 12;
const TOP = 24;
const BOTTOM = 30;
const Y_TICKS_MAX = 4;
const X_TICKS_MAX = 10;
const COLUMNS_MAX = 80;
/** More points than this no screen shows; then each is the highest of its seconds, so that no peak is lost. */
const POINTS_MAX = 300;
/** More lines than this nobody tells apart. */
export const LINES_MAX = 8;

/** Lines over the seconds of a run as a picture that needs no program. Pure. */
export function chartSvg({ id, unit, lines, bands = [] }: Chart): Html {
  const seconds = secondsOf(lines);
  const max = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const yTicks = niceTicks(max, Y_TICKS_MAX);
  const top = yTicks.at(-1) ?? 1;
  const x = (second: number): number =>
    round(LEFT + (second / Math.max(1, seconds - 1)) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): number =>
    round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
  const xTicks = niceTicks(Math.max(1, seconds - 1), X_TICKS_MAX).filter((one) => one < seconds);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-name">
${bands.map((band, n) => bandSvg(band, n, { x, seconds }))}
${yTicks.map(
  (
    value,
  ) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/>
<text class="tick" x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${shortNumber(value)}</text>`,
)}
${xTicks.map(
  (second) =>
    html`<text class="tick" x="${x(second)}" y="${HEIGHT - 10}" text-anchor="middle">${second} s</text>`,
)}
${lines.slice(0, LINES_MAX).map(({ values }, n) => html`<path class="line s${n}" d="${pathOf(values, x, y)}"/>`)}
${columns(lines, unit, seconds, x)}
</svg>`;
}

/** How long a run of these lines is. */
export function secondsOf(lines: readonly Line[]): number {
  return Math.max(0, ...lines.map(({ values }) => values.length));
}

function bandSvg(
  { from, to, label }: Band,
  n: number,
  { x, seconds }: { readonly x: (second: number) => number; readonly seconds: number },
): Html {
  const left = x(Math.max(0, Math.min(from, seconds - 1)));
  const right = x(Math.max(from, Math.min(to, seconds - 1)));
  return html`<g><title>${label}</title>
<rect class="band" x="${left}" y="${TOP}" width="${Math.max(2, round(right - left))}" height="${HEIGHT - TOP - BOTTOM}"/>
<text class="mark" x="${left + 2}" y="${TOP - 6}">${n + 1}</text></g>`;
}

/** A line with gaps where there is nothing to say; a lone point is a short stroke. */
function pathOf(values: Series, x: (n: number) => number, y: (value: number) => number): string {
  let isDrawing = false;
  const parts: string[] = [];
  const every = Math.ceil(values.length / POINTS_MAX) || 1;
  for (let second = 0; second < values.length; second += every) {
    const value = highestOf(values.slice(second, second + every));
    if (value === undefined) {
      isDrawing = false;
      continue;
    }
    parts.push(`${isDrawing ? "L" : "M"}${x(second)} ${y(value)}`);
    if (!isDrawing) parts.push("h0.01");
    isDrawing = true;
  }
  return parts.join("");
}

function highestOf(values: Series): number | undefined {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length === 0 ? undefined : Math.max(...known);
}

/** What a pointer is told over each part of the time. */
function columns(
  lines: readonly Line[],
  unit: string,
  seconds: number,
  x: (second: number) => number,
): Html[] {
  const every = Math.ceil(seconds / COLUMNS_MAX) || 1;
  return Array.from({ length: Math.ceil(seconds / every) }, (_, n) => {
    const at = n * every;
    const said = lines
      .slice(0, LINES_MAX)
      .map(({ name, values }) => `${name} ${valueAt(values, at)}`)
      .join(", ");
    const width = Math.max(1, round(x(at + every) - x(at)));
    return html`<rect class="column" x="${round(x(at) - width / 2)}" y="${TOP}" width="${width}" height="${HEIGHT - TOP - BOTTOM}"><title>${at} s: ${said} (${unit})</title></rect>`;
  });
}

/** What a line says at a second, for people. */
export function valueAt(values: Series, second: number): string {
  const value = values[second];
  return value === null || value === undefined ? "–" : shortNumber(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
