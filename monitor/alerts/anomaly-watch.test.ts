import { describe, expect, it } from "vitest";
import type { HistoryRow } from "../../core/model/history.ts";
import type { ContainerMetric } from "../../core/model/samples.ts";
import { AnomalyWatch } from "./anomaly-watch.ts";
import {
  type Behaviour,
  changedAt,
  quietBehaviours,
  SyntheticSamples,
} from "./synthetic-samples.fixture.ts";

const SEEDS = [1, 2, 3, 4, 5];
const HOUR = 3_600;
const MIB = 1_048_576;
/** As many samples as a change may take until it is found. */
const FOUND_WITHIN = 10;

/** Each second's findings of a run, as `SECOND NAME: SUMMARY`. */
function run(
  seed: number,
  behaviours: Readonly<Record<string, Behaviour>>,
  seconds: number,
  rowsAt: (second: number) => readonly HistoryRow[] = () => [],
): { readonly second: number; readonly name: string; readonly summary: string }[] {
  const samples = new SyntheticSamples(seed, 1_000_000, behaviours);
  const watch = new AnomalyWatch(samples);
  const found = [];
  for (let second = 0; second < seconds; second++) {
    samples.step();
    watch.add(rowsAt(second));
    for (const { subject, summary } of watch.findings(samples.now))
      found.push({ second, name: subject.name, summary });
  }
  return found;
}

const steady: Behaviour = (_second, random) => ({
  ...{ cpu: 100 + 30 * random.next(), memory: 100 * MIB, sent: 200_000 + 30_000 * random.next() },
  ...{ players: 8, rooms: 1 },
});

describe("anomalies", () => {
  it.each(SEEDS)("are not seen in a quiet hour: seed %i", (seed) => {
    expect(run(seed, quietBehaviours(), HOUR)).toEqual([]);
  });

  it.each([
    ["a spinning CPU", { cpu: 900 }, /^CPU is 0.9;/],
    ["memory that jumps", { memory: 300 * MIB }, /^memory is 300/],
    ["a flood of sent bytes", { sent: 9 * MIB }, /^sent bytes is 9/],
    ["a game that sends nothing any more", { sent: 0 }, /^sent bytes is 0/],
  ] as [string, Partial<Record<ContainerMetric, number>>, RegExp][])(
    "are found within ten samples: %s",
    (_, change, summary) => {
      for (const seed of SEEDS) {
        const at = 700 + seed * 37;
        const [first] = run(
          seed,
          { "GameServer/default/a": changedAt(at, steady, change) },
          at + 60,
        );
        expect(first?.summary).toMatch(summary);
        expect(first?.second).toBeGreaterThan(at);
        expect(first?.second).toBeLessThan(at + FOUND_WITHIN);
      }
    },
  );

  it("need a past to compare with", () => {
    const at = 200;
    const early = changedAt(at, steady, { cpu: 900 });
    expect(run(1, { "GameServer/default/a": early }, at + 300)).toEqual([]);
  });

  it("are none after the container was handed out: that is another life", () => {
    const at = 700;
    const busy = changedAt(at, steady, { cpu: 900 });
    const row: HistoryRow = {
      ...{
        id: 1,
        atMs: 1_000_000 + at * 1_000,
        kind: "GameServer",
        namespace: "default",
        name: "a",
      },
      ...{ uid: "u", from: "Ready", to: "Allocated", reason: "Allocated", by: "allocation" },
    };
    const rowsAt = (second: number) => (second === at ? [row] : []);
    expect(run(1, { "GameServer/default/a": busy }, at + 200, rowsAt)).toEqual([]);
  });

  it("are over when it does as before, and a new level is normal in the end", () => {
    const at = 700;
    const back = changedAt(at + 60, changedAt(at, steady, { cpu: 900 }), { cpu: 100 });
    const found = run(1, { "GameServer/default/a": back }, at + 200);
    expect(found.at(-1)?.second).toBe(at + 59);
    const stays = run(
      1,
      { "GameServer/default/a": changedAt(at, steady, { cpu: 900 }) },
      at + 2_000,
    );
    expect(stays.at(-1)?.second).toBeLessThan(at + 1_000);
  });
});
