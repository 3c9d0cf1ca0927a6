import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { holderOf } from "../up/lock-soon.ts";
import { readUpRecord } from "../up/up-record.ts";
import { pointTo } from "./layout.ts";
import { endLife, lifeOf } from "./running-up.ts";
import { putStateBack, type Trial } from "./try-out.ts";

export type AgentTrial = Omit<Trial, "api">;

const LOOK_EVERY_MS = 100;
const END_GRACE_MS = 15_000;
const BACK_WITHIN_MS = 90_000;

/** The agent that runs alone on a state folder; undefined when none does. */
export function loneAgentOf(state: string): number | undefined {
  const folder = join(resolve(state), "agent");
  return existsSync(folder) ? holderOf(folder) : undefined;
}

/**
 * Replaces an agent that runs alone: it ends, game servers go on, and what keeps it running starts the new version. When
 * that is not well, the old one is put back, and FAILED_PRECONDITION says why.
 */
export async function tryAgent(trial: AgentTrial): Promise<void> {
  const { places, config, say, from, to, pid, record, isConverting, isStateBack } = trial;
  const state = resolve(config.state);
  if (!record.isSupervised) {
    say(`· agent ${pid} is ${from} until you start it again: nothing keeps it running`);
    return;
  }
  await endLife(lifeOf(pid), END_GRACE_MS);
  if (isStateBack) await putStateBack(state);
  say(`· agent ${pid} has ended, ${to} follows; game servers go on`);
  const because = await becomes(trial, to, trial.patienceMs);
  if (because === undefined) {
    say(`✓ flotilla ${to} runs here`);
    return;
  }
  say(`· ${because}: going back to ${from}`);
  await pointTo(places.layout.current, from);
  const now = loneAgentOf(state);
  if (now !== undefined && readUpRecord(state)?.version !== from)
    await endLife(lifeOf(now), END_GRACE_MS);
  if (isConverting) await putStateBack(state);
  const isBack = (await becomes(trial, from, BACK_WITHIN_MS)) === undefined;
  const what = isBack ? "runs again" : "is in place again, but not ready";
  throw new FleetError("FAILED_PRECONDITION", `${because}; flotilla ${from} ${what}`, {
    next: "game servers go on; report this, or try another version",
  });
}

/** Waits until that version runs; why it does not, or undefined. */
async function becomes(
  { config, io }: AgentTrial,
  version: string,
  patienceMs: number,
): Promise<string | undefined> {
  const state = resolve(config.state);
  const until = systemClock.monotonic() + patienceMs;
  while (systemClock.monotonic() < until) {
    const record = readUpRecord(state);
    if (record?.version === version && record.stage === "failed")
      return `flotilla ${version} does not start: ${record.cause}`;
    const isIt = record?.version === version && record.stage === "ready";
    if (isIt && loneAgentOf(state) === record.pid) return undefined;
    await systemClock.sleep(LOOK_EVERY_MS, io.signal);
  }
  return `flotilla ${version} is not ready in time`;
}
