import type { LoadPlatform } from "../platform/load-platform.ts";
import type { ProfileName } from "../profiles.ts";
import { FleetRecorder } from "../record/fleet-recorder.ts";
import type { FaultRecord, RunResult } from "../report/run-result.ts";
import type { Progress } from "../scenario.ts";
import { makeArenaFleet } from "../swarm/seated/arena-fleet.ts";
import { SeatedPlayers } from "../swarm/seated/seated-players.ts";
import { StepLog } from "../swarm/seated/step-log.ts";
import { AllocationProbe } from "./allocation-probe.ts";
import { makeEchoFleet } from "./echo-fleet.ts";
import type { Fault } from "./fault.ts";
import { promisesOf } from "./notice.ts";
import { PlatformParts } from "./platform-parts.ts";
import { type FaultTimes, runFault } from "./run-fault.ts";
import { FULL_DISK, KILL_GAME_SERVER, KILLS, NOTHING_BROKEN } from "./strikes.ts";
import { tellFault } from "./tell-fault.ts";

interface Size extends FaultTimes {
  readonly servers: number;
  readonly roomsPerServer: number;
  readonly seatsPerRoom: number;
  readonly faults: readonly Fault[];
}

const ALL: readonly Fault[] = [NOTHING_BROKEN, ...KILLS, KILL_GAME_SERVER, FULL_DISK];
const [server, , , door] = KILLS;
const FEW = [server, door, KILL_GAME_SERVER].filter((fault) => fault !== undefined);
const SIZES: Readonly<Record<ProfileName, Size>> = {
  smoke: {
    ...{ servers: 3, roomsPerServer: 1, seatsPerRoom: 7, faults: FEW },
    ...{ quietMs: 500, afterMs: 500 },
  },
  load: {
    ...{ servers: 4, roomsPerServer: 2, seatsPerRoom: 16, faults: ALL },
    ...{ quietMs: 8_000, afterMs: 8_000 },
  },
  spike: {
    ...{ servers: 4, roomsPerServer: 2, seatsPerRoom: 32, faults: ALL },
    ...{ quietMs: 2_000, afterMs: 2_000 },
  },
};
/** Of all seats; the rest is there for those who lose theirs. */
const CAPACITY_USED = 0.6;
const HZ = 20;
const SECONDS_MAX = 1_800;
const WAIT_SECONDS = 60;
const FLEET = "load-arena";
const PROBED = "load-probe";
const PROBED_SERVERS = 4;

/** Parts of the platform that are killed, one after the other, under players who notice what there is to notice. */
export async function platformFaults(
  platform: LoadPlatform,
  profile: ProfileName,
  { nowMs, progress, signal }: Told,
): Promise<Partial<RunResult>> {
  const { own } = platform;
  if (!own) throw new Error("faults are for a Flotilla of the run's own: leave --target out");
  const size = SIZES[profile];
  const seats = size.servers * size.roomsPerServer * size.seatsPerRoom;
  const playersWanted = Math.floor(seats * CAPACITY_USED);
  const parts = new PlatformParts(own.state, own.pid);
  await using stack = new AsyncDisposableStack();
  const log = stack.use(new StepLog(nowMs, progress));
  const loaded = await load(stack, platform, { size, playersWanted, log, nowMs, signal });
  const { players, probe, recorder } = loaded;
  progress.say(`${playersWanted} players come to ${seats} seats on ${size.servers} game servers`);
  await players.enter(Array.from({ length: playersWanted }, (_, id) => id));
  const world = { platform, parts, players, playersWanted, probe, signal };
  const records: FaultRecord[] = [];
  for (const fault of size.faults) {
    progress.say(fault.what);
    records.push(await runFault(fault, world, size, nowMs));
    tellFault(progress, records.at(-1));
  }
  const swarms = await players.records();
  const { allocations } = probe.ledger;
  return {
    ...{ steps: log.steps, fleet: recorder.record(), faults: records, swarms },
    thresholds: records.flatMap(promisesOf),
    settings: { seats, players: playersWanted, hz: HZ, capacityUsed: CAPACITY_USED },
    notes: [`${allocations} game servers were handed out and given back beside the players.`],
  };
}

interface Told {
  /** Since the run began. */
  readonly nowMs: () => number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}
interface LoadOptions {
  readonly size: Size;
  readonly playersWanted: number;
  readonly log: StepLog;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** What is under load; all of it ends with `stack`, the last first. */
async function load(
  stack: AsyncDisposableStack,
  platform: LoadPlatform,
  { size, playersWanted, log, nowMs, signal }: LoadOptions,
): Promise<{ players: SeatedPlayers; probe: AllocationProbe; recorder: FleetRecorder }> {
  const { servers, roomsPerServer, seatsPerRoom } = size;
  const { apiUrl, adminToken, allocateToken: token, allowed } = platform;
  const arena = {
    ...{ name: FLEET, replicas: servers, roomsPerServer },
    ...{ playersPerServer: roomsPerServer * seatsPerRoom, cpu: { request: "0", limit: "1" } },
  };
  const probed = { name: PROBED, replicas: PROBED_SERVERS };
  const fleets = [makeArenaFleet(platform, arena, signal), makeEchoFleet(platform, probed, signal)];
  for (const fleet of await Promise.all(fleets)) stack.use(fleet);
  const recorder = stack.use(
    new FleetRecorder({ apiUrl, token: adminToken, fleet: FLEET, now: nowMs }),
  );
  const common = { apiUrl, token, allowed, tally: log.tally, signal };
  const probe = stack.use(new AllocationProbe({ ...common, adminToken, fleet: PROBED }));
  const players = stack.use(
    new SeatedPlayers({
      ...{ ...common, fleet: FLEET, seatsPerRoom, playersMax: playersWanted },
      ...{ secondsMax: SECONDS_MAX, hz: HZ, waitSeconds: WAIT_SECONDS, now: nowMs },
    }),
  );
  return { players, probe, recorder };
}
