import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { type Config, childEnvironment, configFlags } from "../config.ts";
import type { Io } from "../io.ts";
import type { FromChild, ToChild } from "./child-control.ts";
import { lockSoon } from "./lock-soon.ts";
import { AGENT_SETTINGS, ownArgv } from "./parts.ts";

const PATIENCE_MS = 90_000;
const PAUSE_MS = 50;
const TRIES_MAX = 3;

/** How a life of the agent ended that was to clean up; `why` is its own word for a failure. */
interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly why: string;
}

/**
 * Lives of the agent, only to end and take away what an earlier run left. One that dies in the middle is followed by
 * another, since all it does may be repeated; one that says what is wrong is not.
 */
export async function cleanUp(config: Config, io: Io): Promise<void> {
  const state = resolve(config.state);
  const until = systemClock.monotonic() + PATIENCE_MS;
  await serverHasEnded(state);
  for (let attempt = 1; ; attempt++) {
    const leftMs = Math.max(1, Math.ceil(until - systemClock.monotonic()));
    const { code, signal, why } = await cleanOnce(config, io, leftMs);
    if (code === 0) return;
    const isLate = systemClock.monotonic() >= until;
    if (!why && !isLate && attempt < TRIES_MAX) continue;
    const cause = why || `the agent ended with ${signal ?? code}`;
    throw new FleetError("FAILED_PRECONDITION", `cannot clean up: ${cause}`, {
      next: `mend what it names (${join(state, "logs", "agent.log")} tells more), then run \`flotilla down\` again`,
    });
  }
}

/** A server whose `up` was killed is on its way out, and still writes what it has answered. */
async function serverHasEnded(state: string): Promise<void> {
  const folder = join(state, "server");
  mkdirSync(folder, { recursive: true });
  const never = new Promise<never>(() => undefined);
  const times = { clock: systemClock, patienceMs: PATIENCE_MS, pauseMs: PAUSE_MS };
  const lock = await lockSoon(folder, { ...times, ending: never });
  lock?.[Symbol.dispose]();
}

async function cleanOnce(config: Config, io: Io, timeoutMs: number): Promise<Ended> {
  const [program, ...args] = ownArgv(["agent", ...configFlags(config, AGENT_SETTINGS), "--down"]);
  const logs = join(resolve(config.state), "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const log = openSync(join(logs, "agent.log"), "a", 0o600);
  const child = spawn(program, args, {
    env: childEnvironment(io.env, config, AGENT_SETTINGS),
    stdio: ["ignore", log, log, "ipc"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  closeSync(log);
  let why = "";
  child.on("message", (message: FromChild) => {
    if (message.say === "failed") why = message.cause;
    if (message.say === "ready") child.send({ do: "stop" } satisfies ToChild, () => undefined);
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return { code, signal, why };
}
