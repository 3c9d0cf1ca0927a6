import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import UPlot from "uplot";
import { clockText, valueText } from "../../view/format.ts";
import { stacked, summaryOf } from "../../view/series.ts";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[] | undefined;
  /** Name of a colour of the style sheet: `--ready`. */
  readonly colour: string;
}
interface ChartProps {
  readonly title: string;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly unit: string;
  /** How much time is shown, up to the newest point. */
  readonly spanMs: number;
  /** Areas that stand on each other. */
  readonly isStacked?: boolean;
}

const HEIGHT_PX = 150;
/** Steps between two marks of an axis of bytes. */
const BINARY_STEPS = Array.from({ length: 44 }, (_, power) => 2 ** power);

/** One chart, and beside it what it shows in words: the last, the least and the most. */
export function Chart(props: ChartProps): JSX.Element {
  const { title, lines, unit, isStacked } = props;
  const dashboard = useDashboard();
  const isDark = useStore(dashboard.isDark);
  const texts = useTexts();
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const shape = `${isDark} ${props.spanMs} ${lines.map(({ label, colour }) => label + colour).join()} ${unit}`;
  const data = dataOf(props);
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const made = new UPlot(optionsOf(props, current), data as UPlot.AlignedData, current);
    plot.current = made;
    const watcher = new ResizeObserver(() =>
      made.setSize({ width: Math.max(120, current.clientWidth), height: HEIGHT_PX }),
    );
    watcher.observe(current);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data as UPlot.AlignedData), [props.times, lines]);
  return (
    <figure class={isStacked ? "chart chart-wide" : "chart"} aria-labelledby={id}>
      <figcaption id={id}>{title}</figcaption>
      <div class="plot" ref={place} aria-hidden="true" />
      <table class="summary">
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">{texts.series}</span>
            </th>
            <th scope="col">{texts.last}</th>
            <th scope="col">{texts.least}</th>
            <th scope="col">{texts.most}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <SummaryRow key={line.label} line={line} unit={unit} />
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function SummaryRow({ line, unit }: { readonly line: Line; readonly unit: string }): JSX.Element {
  const { last, min, max } = summaryOf(line.values);
  return (
    <tr>
      <th scope="row">
        <span class="swatch" style={{ background: `var(${line.colour})` }} aria-hidden="true" />
        {line.label}
      </th>
      <td>{valueText(last, unit)}</td>
      <td>{valueText(min, unit)}</td>
      <td>{valueText(max, unit)}</td>
    </tr>
  );
}

/** Times in seconds, then a column per line; on each other from the bottom up, drawn from the top down. */
function dataOf({ times, lines, isStacked }: ChartProps): (number | null)[][] {
  const columns = lines.map(({ values }) => Array.from(times, (_at, i) => values?.[i] ?? null));
  const shown = isStacked ? [...stacked(columns)].reverse() : columns;
  return [times.map((at) => at / 1_000), ...shown.map((column) => [...column])];
}

function optionsOf(
  { lines, unit, isStacked, spanMs }: ChartProps,
  place: HTMLElement,
): UPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [ink, grid] = [colour("--ink-soft"), colour("--grid")];
  const font = `12px ${style.fontFamily}`;
  const series = lines.map(({ label, colour: name }) => ({
    label,
    stroke: colour(name),
    width: isStacked ? 1 : 2,
    points: { show: false },
    spanGaps: false,
    ...(isStacked ? { fill: colour(name) } : {}),
  }));
  return {
    width: Math.max(120, place.clientWidth),
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { sync: { key: "flotilla" }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (_plot, _min, max) => [max - spanMs / 1_000, max] },
      y: { range: (_plot, _min, max) => [0, topOf(max)] },
    },
    axes: [
      {
        ...{
          stroke: ink,
          font,
          size: 26,
          space: 70,
          grid: { show: false },
          ticks: { show: false },
        },
        values: (_plot, ticks) => ticks.map((tick) => clockText(tick * 1_000).slice(0, 5)),
      },
      {
        ...{ stroke: ink, font, size: 76, space: 34, ticks: { show: false } },
        ...(unit.startsWith("bytes") ? { incrs: BINARY_STEPS } : {}),
        grid: { stroke: grid, width: 1 },
        values: (_plot, ticks) => ticks.map((tick) => valueText(tick, unit)),
      },
    ],
    series: [{}, ...(isStacked ? series.reverse() : series)],
  };
}

/** A little room above the highest point; never a chart without height. */
function topOf(max: number | null): number {
  const top = (max ?? 0) * 1.08;
  return top > 0 ? top : 1;
}
