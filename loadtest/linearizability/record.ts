import { type Random, seededRandom } from "../../core/std/random.ts";
import { type CheckBounds, checkLinearizable } from "./check.ts";
import type { Counts, RecordOptions } from "./clients.ts";
import type { Model, Operation } from "./history.ts";
import { KilledServer } from "./killed-server.ts";
import { Machines } from "./machines.ts";
import { ALLOCATION_FLEET, recordAllocations } from "./record-allocations.ts";
import { closeRooms, ROOM_FLEET, recordRooms } from "./record-rooms.ts";
import { roomSeats } from "./room-seats.ts";
import { serverSet } from "./server-set.ts";

export interface HistoriesOptions extends RecordOptions, CheckBounds {
  /** Of allocations, and as many of rooms. */
  readonly histories: number;
  readonly seed: number;
}
/** Counts of all histories of one kind. */
export interface Sums extends Counts {
  readonly histories: number;
  readonly operations: number;
  /** Answers that there was nothing to give, and outcomes that stayed unknown. */
  readonly none: number;
  readonly unknown: number;
  readonly waysUsed: number;
}
export interface HistoriesReport {
  readonly allocations: Sums;
  readonly rooms: Sums;
  readonly kills: number;
  readonly seconds: number;
  /** What nothing explains: one sentence each. */
  readonly wrongs: readonly string[];
}

/** So few that often nothing is free. */
const SERVERS = 4;
const ROOMS_MAX = 2;
const SEATS = 2;

/** Records histories of a real control plane that is killed in the middle of them, and checks each. */
export async function checkHistories(options: HistoriesOptions): Promise<HistoriesReport> {
  const random = seededRandom(options.seed);
  const began = performance.now();
  await using server = await KilledServer.start();
  await using machines = new Machines(server);
  await machines.addFleet(ALLOCATION_FLEET, SERVERS, {});
  const counters = { rooms: { count: 0, capacity: ROOMS_MAX } };
  await machines.addFleet(ROOM_FLEET, 1, { counters });
  const checks = new Checks(options);
  for (let i = 1; i <= options.histories; i++) {
    await machines.allReady();
    await checkOne({ server, machines, random, checks, options, name: `history-${i}` });
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const { allocations, rooms, wrongs } = checks;
  return { allocations, rooms, kills: server.kills, seconds, wrongs };
}

/** A history of each kind, one after the other. */
async function checkOne(one: {
  readonly server: KilledServer;
  readonly machines: Machines;
  readonly random: Random;
  readonly checks: Checks;
  readonly options: HistoriesOptions;
  readonly name: string;
}): Promise<void> {
  const { server, machines, random, checks, options, name } = one;
  const servers = serverSet(machines.namesOf(ALLOCATION_FLEET));
  const allocated = await recordAllocations(server, machines, random, { ...options, name });
  checks.allocations = checks.add(checks.allocations, `allocations, ${name}`, allocated, servers);
  const kind = { capacity: SEATS, roomsMax: ROOMS_MAX };
  const seated = await recordRooms(server, random, { ...options, ...kind, name });
  checks.rooms = checks.add(checks.rooms, `rooms, ${name}`, seated, roomSeats(kind));
  await closeRooms(server);
}

const NOTHING: Sums = {
  ...{ histories: 0, operations: 0, none: 0, unknown: 0, waysUsed: 0 },
  ...{ cut: 0, gone: 0, again: 0 },
};

class Checks {
  readonly #bounds: CheckBounds;
  readonly wrongs: string[] = [];
  allocations: Sums = NOTHING;
  rooms: Sums = NOTHING;

  constructor(bounds: CheckBounds) {
    this.#bounds = bounds;
  }

  add<S, I, O>(
    sums: Sums,
    what: string,
    { history, cut, gone, again }: Counts & { readonly history: readonly Operation<I, O>[] },
    model: Model<S, I, O>,
  ): Sums {
    const { isLinearizable, why, waysUsed } = checkLinearizable(history, model, this.#bounds);
    if (!isLinearizable) this.wrongs.push(`${what}: ${why}`);
    const having = (output: unknown): number => history.filter((o) => o.output === output).length;
    return {
      histories: sums.histories + 1,
      operations: sums.operations + history.length,
      none: sums.none + having("none"),
      unknown: sums.unknown + having(undefined),
      waysUsed: Math.max(sums.waysUsed, waysUsed),
      ...{ cut: sums.cut + cut, gone: sums.gone + gone, again: sums.again + again },
    };
  }
}
