import { setTimeout as sleep } from "node:timers/promises";
import type { FleetAutoscalerPolicy } from "../../core/model/fleet-autoscaler.ts";
import type { LoadPlatform } from "../platform/load-platform.ts";
import type { ProfileName } from "../profiles.ts";
import { FleetRecorder } from "../record/fleet-recorder.ts";
import type { FleetRecord, RunResult, SwarmRecord, ThresholdResult } from "../report/run-result.ts";
import type { Progress, Scenario } from "../scenario.ts";
import { ARENA_IMAGE, makeArenaFleet } from "../swarm/seated/arena-fleet.ts";
import { SeatedPlayers } from "../swarm/seated/seated-players.ts";
import { StepLog } from "../swarm/seated/step-log.ts";
import { decideScaling, type Rest, RULES, type Violation } from "./decide-scaling.ts";

/** How one fleet is loaded, and what its autoscaler may do. */
export interface ScalingRun {
  readonly name: string;
  readonly policy: FleetAutoscalerPolicy;
  readonly floor: number;
  readonly most: number;
  readonly seatsPerRoom: number;
  readonly roomsPerServer: number;
  /** At each peak. */
  readonly players: number;
  readonly hz: number;
  /** Servers that such a peak needs, at least. */
  readonly needed: number;
  /** Between one player and the next; 0: all at once. */
  readonly teeth: readonly { readonly name: string; readonly everyMs: number }[];
  readonly cpu: { readonly request: string; readonly limit: string };
}

/** Nobody who asks waits longer, and no fleet takes longer to follow, unless something is wrong. */
const WAIT_SECONDS = 60;
const FOLLOWED_WITHIN_MS = 150_000;
const SECONDS_MAX = 1_800;
/** A record by the second shows each peak. */
const HELD_MS = 1_200;

/** Players by the number: so many to a server as half of its seats. */
export const byPlayers = (
  players: number,
  perServer: number,
  teeth: ScalingRun["teeth"],
): ScalingRun => {
  const most = Math.ceil(players / perServer);
  const policy = { type: "List", key: "players", perServer, minReplicas: 1, maxReplicas: most };
  return {
    name: "load-players",
    policy: { type: "Players", players: policy as { type: "List" } & typeof policy },
    ...{ floor: 1, most, needed: most, seatsPerRoom: perServer, roomsPerServer: 2, players, hz: 0 },
    ...{ teeth, cpu: { request: "20m", limit: "500m" } },
  };
};
/** A server that does nothing uses a fifth of what is aimed at; all of these players on one use several times as much. */
const byCpu: ScalingRun = {
  name: "load-cpu",
  policy: {
    type: "CPU",
    cpu: { meanPercent: 150, staleAfterSeconds: 10, minReplicas: 1, maxReplicas: 3 },
  },
  ...{ floor: 1, most: 3, needed: 2, seatsPerRoom: 16, roomsPerServer: 2, players: 32, hz: 20 },
  ...{ teeth: [{ name: "spike", everyMs: 0 }], cpu: { request: "20m", limit: "500m" } },
};
const sawtooth = (n: number, everyMs: number) => ({ name: `tooth ${n}`, everyMs });

const RUNS: Readonly<Record<ProfileName, readonly ScalingRun[]>> = {
  smoke: [byPlayers(9, 3, [sawtooth(1, 150)])],
  load: [
    byPlayers(40, 8, [sawtooth(1, 250), sawtooth(2, 250), { name: "spike", everyMs: 0 }]),
    byCpu,
  ],
  spike: [byPlayers(40, 8, [{ name: "spike", everyMs: 0 }])],
};

/** Fleets that grow and shrink with their players, by number and by the processor. */
export const scaling: Scenario = {
  about: "fleets that follow a sawtooth and a spike of players: nobody refused, back to the floor",
  parts: [],
  images: [ARENA_IMAGE],
  async run(platform, { profile }, progress, signal) {
    const began = performance.now();
    const now = (): number => performance.now() - began;
    using log = new StepLog(now, progress);
    const fleets: Record<string, FleetRecord> = {};
    const swarms: Record<string, SwarmRecord> = {};
    const thresholds: ThresholdResult[] = [];
    const notes: string[] = [];
    for (const run of RUNS[profile]) {
      const seen = await runOne(platform, run, log, progress, signal);
      fleets[run.name] = seen.fleet;
      for (const [name, swarm] of Object.entries(seen.swarms))
        swarms[`${run.name}: ${name}`] = swarm;
      thresholds.push(...judged(run, seen.violations));
      notes.push(...seen.violations.map(({ rule, what }) => `${run.name}: ${rule}: ${what}`));
    }
    const seconds = Math.round(now() / 1000);
    const settings = { runs: RUNS[profile] };
    return { steps: log.steps, fleets, swarms, thresholds, notes, seconds, settings };
  },
};

interface Seen {
  readonly fleet: FleetRecord;
  readonly swarms: NonNullable<RunResult["swarms"]>;
  readonly violations: readonly Violation[];
}

/** One fleet from its floor through its teeth and back. */
export async function runOne(
  platform: LoadPlatform,
  run: ScalingRun,
  log: StepLog,
  progress: Progress,
  signal: AbortSignal,
): Promise<Seen> {
  const { name, floor, most, roomsPerServer, seatsPerRoom, players: count } = run;
  const { apiUrl, adminToken, allocateToken, allowed } = platform;
  const size = { roomsPerServer, playersPerServer: roomsPerServer * seatsPerRoom };
  const fleet = { name, replicas: floor, policy: run.policy, cpu: run.cpu, ...size };
  await using _fleet = await makeArenaFleet(platform, fleet, signal);
  await using recorder = new FleetRecorder({
    apiUrl,
    token: adminToken,
    fleet: name,
    now: log.now,
  });
  await recorder.until(({ replicas }) => replicas === floor, FOLLOWED_WITHIN_MS, signal);
  await using players = new SeatedPlayers({
    ...{ apiUrl, token: allocateToken, allowed, fleet: name, seatsPerRoom, hz: run.hz },
    ...{ playersMax: count, secondsMax: SECONDS_MAX, waitSeconds: WAIT_SECONDS },
    ...{ tally: log.tally, now: log.now, signal },
  });
  const rests: Rest[] = [];
  for (const tooth of run.teeth) {
    progress.say(`${name}, ${tooth.name}: ${count} players come`);
    const ids = Array.from({ length: count }, (_, id) => id);
    await arrive(players, ids, tooth.everyMs, signal);
    const { needed: atLeast } = run;
    await recorder.until(
      (now) => now.players >= count && Math.min(now.wanted, now.replicas) >= atLeast,
      ...([FOLLOWED_WITHIN_MS, signal] as const),
    );
    rests.push({ name: `${tooth.name}, all are in`, atMs: recorder.nowMs, atLeast });
    await sleep(HELD_MS, undefined, { signal });
    progress.say(
      `${name}, ${tooth.name}: all are in on ${recorder.now.replicas} servers; they leave`,
    );
    players.leave(ids);
    await recorder.until(
      (now) => now.wanted === floor && now.replicas === floor && now.allocated === 0,
      ...([FOLLOWED_WITHIN_MS, signal] as const),
    );
    rests.push({ name: `${tooth.name}, all have left`, atMs: recorder.nowMs, exactly: floor });
  }
  const { changes } = recorder;
  const violations = decideScaling({ floor, most, changes, asked: players.asked, rests });
  return { fleet: recorder.record(), swarms: await players.records(), violations };
}

async function arrive(
  players: SeatedPlayers,
  ids: readonly number[],
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const coming: Promise<void>[] = [];
  for (const id of ids) {
    coming.push(players.enter([id]));
    if (everyMs > 0) await sleep(everyMs, undefined, { signal });
  }
  await Promise.all(coming);
}

function judged({ name }: ScalingRun, violations: readonly Violation[]): ThresholdResult[] {
  return RULES.map((rule) => {
    const seen = violations.filter((one) => one.rule === rule).length;
    return { name: `${name}: ${rule}`, limit: 0, seen, passed: seen === 0 };
  });
}
