import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRecord } from "../report/run-result.ts";
import type { Fault, FaultWorld } from "./fault.ts";
import { untilSo } from "./fault.ts";
import { decideAllowed, decideNoticed } from "./notice.ts";

/** Before the next fault everybody plays in peace for so long. */
export interface FaultTimes {
  readonly quietMs: number;
  /** Watched after everything works again. */
  readonly afterMs: number;
}

/** Until the last second of a window is over, and the answers to it are there. */
const SETTLE_MS = 1_500;

/** Strikes once under play, waits until all works and everybody is in, and says what was noticed. */
export async function runFault(
  fault: Fault,
  world: FaultWorld,
  { quietMs, afterMs }: FaultTimes,
  nowMs: () => number,
): Promise<FaultRecord> {
  const { players, probe, playersWanted, signal } = world;
  const isAllIn = (): boolean => players.inPlay === playersWanted;
  await untilSo("everybody to be in", isAllIn, signal);
  await sleep(quietMs, undefined, { signal });
  const from = players.udpSecond;
  const before = { drops: players.drops.length, twice: probe.ledger.twice.length };
  const failures = { ...probe.failures };
  const places = new Map(players.places);
  const atMs = nowMs();
  const { back, gameServer, over } = await fault.strike(world);
  const since = performance.now();
  try {
    const elapsed = (): number => Math.round(performance.now() - since);
    const [backAfterMs, answersAfterMs] = await Promise.all([
      back.then(elapsed),
      probe.once().then(elapsed),
    ]);
    await untilSo("everybody to be in again", isAllIn, signal);
    await sleep(afterMs, undefined, { signal });
    const to = players.udpSecond + 1;
    await sleep(SETTLE_MS, undefined, { signal });
    const struck = [...places].filter(([, place]) => place.gameServer === gameServer);
    const around = {
      drops: players.drops.slice(before.drops),
      udp: await players.udpPlayers(from, to),
      gameServer,
      struck: new Set(gameServer === undefined ? [] : struck.map(([id]) => id)),
      seatsLost: await seatsLost(world),
      givenTwice: probe.ledger.twice.length - before.twice,
      failures: grown(probe.failures, failures),
    };
    return {
      ...{ atSecond: Math.floor(atMs / 1000), seconds: Math.ceil((nowMs() - atMs) / 1000) },
      ...{ what: fault.what, ...(fault.about ? { about: fault.about } : {}) },
      ...{ backAfterMs, answersAfterMs },
      ...{ lost: decideNoticed(around), allowed: decideAllowed(around) },
    };
  } finally {
    over?.();
  }
}

function grown(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  const entries = Object.entries(now).map(([name, n]) => [name, n - (before[name] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/** Players who are in and of whose seats the platform knows nothing. */
async function seatsLost({ platform, players }: FaultWorld): Promise<number> {
  const known = new Set<string>();
  for (const room of new Set([...players.places.values()].map((place) => place.room))) {
    const answer = (await platform.request("GET", `/v1/rooms/${room}/seats`)) as {
      readonly seats: readonly { readonly id: string; readonly state: string }[];
    };
    for (const { id, state } of answer.seats) if (state === "Taken") known.add(`${room}/${id}`);
  }
  return [...players.places.values()].filter(({ room, seat }) => !known.has(`${room}/${seat}`))
    .length;
}
