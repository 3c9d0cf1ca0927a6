import type {
  FaultRecord,
  FleetRecord,
  RunResult,
  Series,
  StepRecord,
  SwarmRecord,
} from "./run-result.ts";

const wave = (seconds: number, of: (second: number) => number | null): Series =>
  Array.from({ length: seconds }, (_, second) => {
    const value = of(second);
    return value === null ? null : Math.round(value * 100) / 100;
  });
const whole = (seconds: number, of: (second: number) => number): number[] =>
  Array.from({ length: seconds }, (_, second) => Math.max(0, Math.round(of(second))));

function stepOf(seconds: number, ms: number, errors: Readonly<Record<string, number>>): StepRecord {
  const perSecond = whole(seconds, (s) => 20 + 15 * Math.sin(s / 15) + (s % 7));
  return {
    count: perSecond.reduce((a, b) => a + b, 0),
    errors,
    perSecond,
    errorsPerSecond: whole(seconds, (s) => (Object.keys(errors).length > 0 && s % 40 < 2 ? 3 : 0)),
    p50Ms: wave(seconds, (s) => (s % 50 === 49 ? null : ms + Math.sin(s / 9))),
    p99Ms: wave(seconds, (s) =>
      s % 50 === 49 ? null : ms * 4 + (s % 40 < 2 ? ms * 9 : Math.cos(s)),
    ),
    all: { p50: ms, p90: ms * 2, p99: ms * 4, p999: ms * 9, max: ms * 13.5 },
  };
}

/** For tests: a run with something of everything that a report shows; its figures are made up, and nobody is told them. */
export function anyResult({
  seconds = 120,
  steps = 4,
  word = "seat",
}: {
  readonly seconds?: number;
  readonly steps?: number;
  readonly word?: string;
} = {}): RunResult {
  const named = Array.from({ length: steps }, (_, n) => `${word} ${n + 1}`);
  return {
    format: 1,
    name: word,
    profile: "smoke",
    command: `npm run loadtest -- ${word} --profile smoke`,
    startedAt: "2026-01-31T12:00:00.000Z",
    seconds,
    machine: {
      ...{ cpus: 2, cpu: `cpu ${word}`, arch: "x64", kernel: "6.1.0", node: "v24.0.0" },
      ...{ memoryMiB: 4096, loadBefore: 0.3 },
    },
    versions: { flotilla: "0.0.0", [word]: word },
    commit: "0123456789ab+",
    settings: { [word]: { deep: [word] } },
    steps: Object.fromEntries(
      named.map((name, n) => [
        name,
        stepOf(seconds, 3 + n * 4, n === 1 ? { [`${word} refused`]: 12, timeout: 5 } : {}),
      ]),
    ),
    fleets: { [word]: fleetOf(seconds, word) },
    faults: faultsOf(word),
    swarms: { udp: swarmOf(seconds, word) },
    baselines: {
      [word]: {
        ...{ about: word, step: `${word} 1`, platformP50Ms: 2, platformP99Ms: 9, bareP50Ms: 1 },
        ...{ bareP99Ms: 3, ratioP50: 2, ratioP99: 3, turns: 5 },
      },
    },
    cpu: { machine: whole(seconds, () => 130), generator: whole(seconds, () => 40) },
    thresholds: [
      { name: `${word} errors`, limit: 20, seen: 17, passed: true },
      { name: `${word}: p99 ms`, limit: 10, seen: 12.25, passed: false },
      { name: "a game server killed: players dropped", limit: 2, seen: 3, passed: false },
      { name: "never seen", limit: 1, passed: false },
    ],
    notes: [`a note of ${word}`],
  };
}

function fleetOf(seconds: number, word: string): FleetRecord {
  const size = (s: number): number => 2 + Math.round(4 * Math.max(0, Math.sin(s / 20)));
  return {
    fleet: word,
    replicas: wave(seconds, size),
    ready: wave(seconds, (s) => size(s) - Math.min(size(s), 2)),
    allocated: wave(seconds, (s) => Math.min(size(s), 2)),
    desired: wave(seconds, (s) => size(s + 2)),
    rooms: wave(seconds, (s) => size(s) / 2),
    players: wave(seconds, (s) => 10 * size(s)),
    reserved: wave(seconds, () => 0),
    cpuPercent: wave(seconds, (s) => 12 * size(s)),
    events: [{ atSecond: 9, reason: "ScaleUp", message: `from 1 to 2: ${word}` }],
  };
}

function faultsOf(word: string): FaultRecord[] {
  const dropped = "players dropped";
  return [
    {
      ...{ atSecond: 20, seconds: 8, what: `kill -9 of ${word}` },
      ...{ answersAfterMs: 820, backAfterMs: 640 },
      ...{ lost: { [dropped]: 0, "requests failed: 503": 4 }, allowed: { [dropped]: 0 } },
    },
    {
      ...{ atSecond: 50, seconds: 9, what: "kill -9 of a game server", about: word },
      ...{ lost: { [dropped]: 3 }, allowed: { [dropped]: 2 } },
    },
  ];
}

function swarmOf(seconds: number, word: string): SwarmRecord {
  return {
    ...{ wanted: 1000, open: 1000 },
    counts: { sent: 24_000, lost: 3, duplicates: 0, reordered: 1, jitterP50Ms: 0.2 },
    series: {
      sent: wave(seconds, () => 200),
      lost: wave(seconds, (s) => (s === 51 ? 3 : 0)),
      roundTripP99Ms: wave(seconds, (s) => 2 + Math.sin(s)),
      [word]: wave(seconds, () => 1),
    },
  };
}
