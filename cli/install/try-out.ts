import { join, resolve } from "node:path";
import type { GameServer } from "../../core/model/game-server.ts";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import type { Config } from "../config.ts";
import type { Io } from "../io.ts";
import { revertMigration } from "../state/migrate.ts";
import { readStamp } from "../state/stamp.ts";
import { holderOf, lockSoon } from "../up/lock-soon.ts";
import { readUpRecord, type UpRecord } from "../up/up-record.ts";
import { decideTrial, type TrialStep } from "./decide-trial.ts";
import { pointTo } from "./layout.ts";
import type { InstallPlaces } from "./places.ts";
import { endLife, type Life, lifeOf, lives, startDetached } from "./running-up.ts";

/** A version that takes the place of the `up` that runs, and the one that it goes back to. */
export interface Trial {
  readonly places: InstallPlaces;
  readonly config: Config;
  readonly api: ApiClient;
  readonly io: Io;
  readonly patienceMs: number;
  readonly say: (line: string) => void;
  readonly from: string;
  readonly to: string;
  readonly pid: number;
  readonly record: UpRecord;
  /** The new version converts parts of the state. */
  readonly isConverting: boolean;
  /** The state from before the last migration is put back, between the two. */
  readonly isStateBack: boolean;
}

const LOOK_EVERY_MS = 100;
const END_GRACE_MS = 15_000;
const BACK_WITHIN_MS = 90_000;

/** Replaces the `up` that runs; returns when the new version is well. FAILED_PRECONDITION when it is not, with what was done about it. */
export async function tryOut(trial: Trial): Promise<void> {
  const { config, say, to, from, pid, api } = trial;
  const before = await programsOf(api);
  const formatBefore = readStamp(resolve(config.state)).format;
  const life = lifeOf(pid);
  await handOver(trial, life);
  const step = await watched(trial, life, formatBefore);
  if (step.do === "keep") {
    const after = await programsOf(api);
    const same = [...before].filter(([uid, program]) => after.get(uid) === program).length;
    say(`✓ flotilla ${to} is well; ${same} of ${before.size} game servers go on as before`);
    return;
  }
  if (step.do === "leave")
    throw new FleetError(
      "FAILED_PRECONDITION",
      `${step.because}; it was not put back, because what was answered since would be lost`,
      {
        next: `mend it, or go back and lose that: \`flotilla upgrade --rollback --discard-newer\``,
      },
    );
  if (step.do === "revert") {
    say(`· ${step.because}: going back to ${from}`);
    await goBack(trial, life, step.isStateToo);
    throw new FleetError("FAILED_PRECONDITION", `${step.because}; flotilla ${from} runs again`, {
      next: "nothing was lost; report this, or try another version",
    });
  }
}

async function handOver(trial: Trial, life: Life): Promise<void> {
  const { isStateBack, say, to, config, record, places, io } = trial;
  if (!isStateBack) {
    process.kill(life.pid, "SIGUSR2");
    say(`· process ${life.pid} hands over to ${to}`);
    return;
  }
  await endLife(life, END_GRACE_MS);
  await putStateBack(resolve(config.state));
  say(`· process ${life.pid} has ended, the old state is in place, ${to} follows`);
  const program = join(places.layout.current, "bin", "flotilla");
  if (!record.isSupervised) await startDetached(program, record, io.env);
}

async function watched(
  trial: Trial,
  life: Life,
  formatBefore: number,
): Promise<Exclude<TrialStep, { do: "wait" }>> {
  const { config, patienceMs, to, record: old, isConverting, io } = trial;
  const state = resolve(config.state);
  const began = systemClock.monotonic();
  let aliveAt = began;
  for (;;) {
    const record = readUpRecord(state);
    const now = systemClock.monotonic();
    const isAlive = lives(life) || holderOf(state) !== undefined;
    if (isAlive) aliveAt = now;
    const step = decideTrial({
      record,
      to,
      isAlive,
      isSupervised: old.isSupervised,
      deadMs: now - aliveAt,
      isHealthy: record?.version === to && record.stage === "ready" && (await isWell(trial)),
      isLate: now - began > patienceMs,
      hasConverted: isConverting && readStamp(state).format !== formatBefore,
    });
    if (step.do !== "wait") return step;
    await systemClock.sleep(LOOK_EVERY_MS, io.signal);
  }
}

/** As clients see it: the API answers, and this machine's node is Ready with an agent of the new version. */
async function isWell({ api, config, to }: Trial): Promise<boolean> {
  try {
    await api.request({ method: "GET", path: "/readyz" });
    const node = (await api.get({ kind: "Node", name: config.node })) as {
      readonly status?: { readonly ready?: boolean; readonly version?: string };
    };
    return node.status?.ready === true && node.status.version === to;
  } catch {
    return false;
  }
}

/** The old version in place again, with the state of before where nobody but the new version has seen another one. */
async function goBack(trial: Trial, life: Life, isStateToo: boolean): Promise<void> {
  const { places, config, from, record, io } = trial;
  const { layout } = places;
  const state = resolve(config.state);
  await pointTo(layout.current, from);
  await endLife(life, END_GRACE_MS);
  // A supervisor has perhaps started it again, before the link led back.
  const holder = holderOf(state);
  const isNew = readUpRecord(state)?.version !== from;
  if (holder !== undefined && isNew) await endLife(lifeOf(holder), END_GRACE_MS);
  if (isStateToo) await putStateBack(state);
  if (!record.isSupervised)
    await startDetached(join(layout.current, "bin", "flotilla"), record, io.env);
  const until = systemClock.monotonic() + BACK_WITHIN_MS;
  while (systemClock.monotonic() < until) {
    const now = readUpRecord(state);
    if (now?.version === from && now.stage === "ready" && holderOf(state) === now.pid) return;
    await systemClock.sleep(LOOK_EVERY_MS, io.signal);
  }
  throw new FleetError("TIMEOUT", `flotilla ${from} is in place again, but not ready`, {
    next: "see `logs` in the state folder, and `journalctl -u flotilla` where systemd runs it",
  });
}

export async function putStateBack(state: string): Promise<void> {
  const ending = new Promise<never>(() => undefined);
  const patience = { clock: systemClock, patienceMs: END_GRACE_MS, pauseMs: LOOK_EVERY_MS, ending };
  using _lock = await lockSoon(state, patience);
  using _server = await lockSoon(join(state, "server"), patience);
  using _agent = await lockSoon(join(state, "agent"), patience);
  await revertMigration(state);
}

/** Which process each game server runs as, by its uid. */
async function programsOf(api: ApiClient): Promise<ReadonlyMap<string, number>> {
  const { items } = await api.list({ kind: "GameServer" });
  const servers = items as unknown as readonly GameServer[];
  return new Map(
    servers.flatMap(({ metadata, status }) =>
      status.container?.pid === undefined ? [] : [[metadata.uid, status.container.pid]],
    ),
  );
}
