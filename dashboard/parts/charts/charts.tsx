import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Failure } from "../../net/failure.ts";
import type { Texts } from "../../texts/texts.ts";
import { useTexts } from "../shell/dashboard.ts";
import { Empty, Panel, Problem } from "../shell/states.tsx";
import { Chart } from "./chart.tsx";
import { RANGES, type Range, type Sampled, type SamplesState, useSamples } from "./use-samples.ts";

interface ChartRow {
  readonly title: keyof Texts & string;
  /** Names of series, each with its label and colour. */
  readonly lines: readonly (readonly [
    series: string,
    label: keyof Texts & string,
    colour: string,
  ])[];
  readonly isStacked?: boolean;
  /** The series of what may be used at most, where there is a limit. */
  readonly limit?: string;
}
const CPU: ChartRow = {
  title: "cpu",
  lines: [["cpu", "cpuUsed", "--line-1"]],
  limit: "cpuLimit",
};
const MEMORY: ChartRow = {
  title: "memory",
  lines: [["memory", "memoryUsed", "--line-2"]],
  limit: "memoryLimit",
};
const NETWORK: ChartRow = {
  title: "network",
  lines: [
    ["received", "received", "--line-1"],
    ["sent", "sent", "--line-2"],
  ],
};
const DISK: ChartRow = {
  title: "disk",
  lines: [
    ["read", "read", "--line-1"],
    ["written", "written", "--line-2"],
  ],
};
const WAITS: ChartRow = {
  title: "pressure",
  lines: [
    ["pressureCpu", "cpu", "--line-1"],
    ["pressureMemory", "memory", "--line-2"],
    ["pressureIo", "disk", "--line-3"],
    ["throttled", "throttled", "--line-4"],
  ],
};
const PLAYERS: ChartRow = {
  title: "players",
  lines: [
    ["players", "players", "--line-1"],
    ["rooms", "rooms", "--line-3"],
  ],
};
const STATES: ChartRow = {
  title: "statesOverTime",
  isStacked: true,
  lines: [
    ["allocated", "allocated", "--allocated"],
    ["reserved", "reserved", "--reserved"],
    ["ready", "ready", "--ready"],
    ["other", "startingState", "--starting"],
  ],
};
const REPLICAS: ChartRow = {
  title: "replicas",
  lines: [
    ["ready", "ready", "--ready"],
    ["replicas", "replicas", "--line-1"],
    ["desired", "wanted", "--line-3"],
  ],
};
const OF_KIND: Readonly<Record<Sampled["kind"], readonly ChartRow[]>> = {
  GameServer: [PLAYERS, CPU, MEMORY, NETWORK, DISK, WAITS],
  Container: [CPU, MEMORY, NETWORK, DISK, WAITS],
  Service: [REPLICAS, CPU, MEMORY],
  Fleet: [STATES, PLAYERS, CPU, MEMORY],
  Node: [
    CPU,
    MEMORY,
    { title: "load", lines: [["load", "load", "--line-1"]] },
    { title: "containers", lines: [["containers", "containers", "--line-2"]] },
  ],
  Platform: [
    {
      title: "allocationsPerSecond",
      lines: [
        ["allocations", "allocations", "--line-1"],
        ["refused", "refused", "--broken"],
      ],
    },
    {
      title: "allocationTime",
      lines: [
        ["allocationP50", "p50", "--line-2"],
        ["allocationP99", "p99", "--line-1"],
      ],
    },
    PLAYERS,
  ],
};

/** All charts of one object, over one range of time, with one cursor. */
export function Charts(props: Sampled): JSX.Element {
  const texts = useTexts();
  const [range, setRange] = useState<Range>(RANGES[0] as Range);
  const samples = useSamples(props, range);
  const isUnmeasured = samples.failure instanceof Failure && samples.failure.status === 404;
  const names = { "5m": texts.range5m, "1h": texts.range1h, "24h": texts.range24h };
  const switcher = (
    <fieldset class="segments">
      <legend class="hidden">{texts.range}</legend>
      {RANGES.map((one) => (
        <button
          key={one.key}
          type="button"
          aria-pressed={one === range}
          onClick={() => setRange(one)}
        >
          {names[one.key]}
        </button>
      ))}
    </fieldset>
  );
  return (
    <Panel title={texts.charts} end={switcher}>
      {isUnmeasured && <Empty text={texts.noSamples} />}
      {samples.failure !== undefined && !isUnmeasured && <Problem failure={samples.failure} />}
      <div class="charts">
        {OF_KIND[props.kind].map((row) => (
          <OneChart key={row.title} row={row} samples={samples} spanMs={range.keepMs} />
        ))}
      </div>
    </Panel>
  );
}

function OneChart(props: {
  readonly row: ChartRow;
  readonly samples: SamplesState;
  readonly spanMs: number;
}): JSX.Element {
  const texts = useTexts();
  const { row, samples } = props;
  const values = withOthers(samples);
  const limit = row.limit === undefined ? undefined : values[row.limit];
  const shown =
    limit?.some((value) => value !== null) && row.limit
      ? [...row.lines, [row.limit, "limit", "--leaving"] as const]
      : row.lines;
  const lines = shown.map(([name, label, colour]) => ({
    label: String(texts[label]),
    values: values[name],
    colour,
  }));
  const unit = samples.unit[row.lines[0]?.[0] ?? ""] ?? "count";
  return (
    <Chart
      title={String(texts[row.title])}
      times={samples.series.times}
      lines={lines}
      unit={unit}
      spanMs={props.spanMs}
      isStacked={row.isStacked ?? false}
    />
  );
}

/** What is neither ready nor held is on its way. */
function withOthers({ series: { values } }: SamplesState): SamplesState["series"]["values"] {
  const { replicas, ready, allocated, reserved } = values;
  if (!replicas || !ready || !allocated) return values;
  const other = replicas.map((all, i) =>
    all === null
      ? null
      : Math.max(0, all - (ready[i] ?? 0) - (allocated[i] ?? 0) - (reserved?.[i] ?? 0)),
  );
  return { ...values, other };
}
