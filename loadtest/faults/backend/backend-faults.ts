import type { LoadPlatform } from "../../platform/load-platform.ts";
import type { ProfileName } from "../../profiles.ts";
import { laterSteps } from "../../report/later.ts";
import type { FaultRecord, RunResult } from "../../report/run-result.ts";
import type { Progress } from "../../scenario.ts";
import { promisesOf } from "../notice.ts";
import { tellFault } from "../tell-fault.ts";
import { ComingAndGoing, type ComingOptions } from "./coming-and-going.ts";
import { decideBackendAllowed, decideBackendNoticed } from "./decide-noticed.ts";
import { type BackendFault, killBacking, killReplicaOf, NOTHING_BROKEN } from "./strikes.ts";

interface Size extends ComingOptions {
  readonly faults: readonly BackendFault[];
  readonly quietSeconds: number;
  /** Watched after everything works again. */
  readonly afterSeconds: number;
}

/** One game server of ten rooms, of ten seats each. */
export const ROOMS = 10;
export const ROOM_SEATS = 10;
const redisFor = (seconds: number): BackendFault =>
  killBacking("redis", "who plays plays on, and who comes waits or is told to come again", seconds);
const ALL: readonly BackendFault[] = [
  NOTHING_BROKEN,
  ...(["login", "asset", "room", "meet"] as const).map(killReplicaOf),
  redisFor(6),
  killBacking("mongodb", "behind the login service; who is logged in plays on", 6),
];
const SIZES: Readonly<Record<ProfileName, Size>> = {
  smoke: {
    ...{ perSecond: 1, staySeconds: 4, groupSize: 1, maps: 3, atOnceMax: 50 },
    ...{ faults: [killReplicaOf("login"), redisFor(2)], quietSeconds: 2, afterSeconds: 3 },
  },
  // Three a second who stay for 20 s: 60 of 100 seats.
  load: {
    ...{ perSecond: 3, staySeconds: 20, groupSize: 1, maps: ROOMS, atOnceMax: 100 },
    ...{ faults: ALL, quietSeconds: 10, afterSeconds: 12 },
  },
  spike: {
    ...{ perSecond: 6, staySeconds: 10, groupSize: 1, maps: ROOMS, atOnceMax: 100 },
    ...{ faults: ALL, quietSeconds: 10, afterSeconds: 12 },
  },
};
/** Who had asked before everything worked again may have got a late answer. */
const GRACE_SECONDS = 2;

/** Parts of the game's backend that are killed, one after the other, under players who come, play and go. */
export async function backendFaults(
  platform: LoadPlatform,
  profile: ProfileName,
  { nowMs, progress, signal }: Told,
): Promise<Partial<RunResult>> {
  const size = SIZES[profile];
  const { perSecond, staySeconds } = size;
  await using players = await ComingAndGoing.begin(platform, size, { progress, signal });
  const beganSecond = Math.round(nowMs() / 1000);
  progress.say(`${perSecond} players a second come, and stay for ${staySeconds} s`);
  await players.untilSecond(staySeconds);
  const records: FaultRecord[] = [];
  const notes: string[] = [];
  for (const fault of size.faults) {
    const why = fault.needs && platform.missing.get(fault.needs);
    if (why !== undefined) notes.push(`${fault.what} was left out: ${why}`);
    else {
      progress.say(fault.what);
      records.push(await runOne(fault, players, size, { platform, nowMs, signal }));
      tellFault(progress, records.at(-1));
    }
  }
  const steps = laterSteps(await players.leave(), "journey", beganSecond);
  const thresholds = records.flatMap(promisesOf);
  return { steps, faults: records, thresholds, notes, settings: { seats: ROOMS * ROOM_SEATS } };
}

interface Told {
  /** Since the run began. */
  readonly nowMs: () => number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Strikes once, waits until all works again, and says what players noticed. */
async function runOne(
  { what, about, strike, failSeconds }: BackendFault,
  players: ComingAndGoing,
  { quietSeconds, afterSeconds, perSecond }: Size,
  world: { readonly platform: LoadPlatform } & Omit<Told, "progress">,
): Promise<FaultRecord> {
  const { platform, nowMs, signal } = world;
  await players.untilSecond(players.second + quietSeconds);
  const from = players.second;
  const atMs = nowMs();
  const { back } = await strike(platform, signal);
  await back;
  const backAfterMs = Math.round(nowMs() - atMs);
  const until = players.second + 1 + GRACE_SECONDS;
  await players.untilSecond(until + afterSeconds);
  const failures = failSeconds === undefined ? undefined : failSeconds * perSecond;
  const around = { seconds: players.seconds.slice(from), until: until - from };
  return {
    ...{ atSecond: Math.floor(atMs / 1000), seconds: Math.ceil((nowMs() - atMs) / 1000) },
    ...{ what, about, backAfterMs },
    ...{ lost: decideBackendNoticed(around), allowed: decideBackendAllowed(failures) },
  };
}
