import { connect } from "node:net";
import type { Probe } from "../../core/model/container.ts";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { ContainerDriver, RunningContainer } from "../container/driver.ts";
import type { Readiness } from "./container-keeper.ts";

export interface ProberOptions {
  readonly driver: ContainerDriver;
  readonly clock: Clock;
  /** Called once when a container failed its probe `failureThreshold` times in a row. */
  readonly onFailed: (id: string, message: string) => void;
  /** Called when the readiness probe first succeeds, fails often enough, or succeeds again. */
  readonly onReadiness: (id: string, readiness: Readiness) => void;
}
interface Asked {
  readonly plan: ContainerPlan;
  readonly running: RunningContainer;
  readonly isReady: boolean;
}
interface Watched {
  readonly plan: ContainerPlan;
  readonly running: RunningContainer;
  readonly probe: Probe;
  readonly isLiveness: boolean;
  /** What was said of its readiness last; undefined: it boots. */
  readiness: Readiness | undefined;
  readonly bootsUntil: number;
  dueAt: number;
  failures: number;
  underWay: boolean;
}
/** Why a try failed. */
interface Failure {
  readonly message: string;
  /** It said nothing within its time. */
  readonly isLate: boolean;
}
const TICK_MS = 250;
/** How long readiness is asked at every tick, so that nothing waits for a boot longer than it takes. */
const BOOT_MS = 60_000;

/** Asks containers that have a probe whether they still work: HTTP 200-399, a TCP connection, or a command's exit 0. */
export class Prober {
  readonly #options: ProberOptions;
  /** By kind of probe and id. */
  readonly #watched = new Map<string, Watched>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** `isReady`: what is known of its readiness before it is asked. */
  watch({ plan, running, isReady }: Asked): void {
    this.#watch({ plan, running, isReady }, plan.probe, true);
    this.#watch({ plan, running, isReady }, plan.readinessProbe, false);
  }

  forget(id: string): void {
    this.#watched.delete(keyOf(id, true));
    this.#watched.delete(keyOf(id, false));
  }

  #watch({ plan, running, isReady }: Asked, probe: Probe | undefined, isLiveness: boolean): void {
    const key = keyOf(plan.id, isLiveness);
    if (!probe || this.#watched.get(key)?.running.pid === running.pid) return;
    const dueAt = this.#options.clock.monotonic() + probe.initialDelaySeconds * 1000;
    const state = { dueAt, bootsUntil: dueAt + BOOT_MS, failures: 0, underWay: false };
    const readiness = isReady ? { ready: true } : undefined;
    this.#watched.set(key, { plan, running, probe, isLiveness, readiness, ...state });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      const now = clock.monotonic();
      for (const one of this.#watched.values())
        if (now >= one.dueAt && !one.underWay) void this.#ask(one);
    }
  }

  async #ask(one: Watched): Promise<void> {
    const { probe, plan } = one;
    one.underWay = true;
    const why = await ask(one, this.#options.driver);
    one.underWay = false;
    one.failures = why === undefined ? 0 : one.failures + 1;
    if (this.#watched.get(keyOf(plan.id, one.isLiveness)) !== one) return;
    const now = this.#options.clock.monotonic();
    const boots = !one.isLiveness && one.readiness === undefined && now < one.bootsUntil;
    if (!one.isLiveness) this.#tellReadiness(one, why, boots);
    one.dueAt = boots && one.readiness === undefined ? now : now + probe.periodSeconds * 1000;
    if (!one.isLiveness || one.failures < probe.failureThreshold) return;
    this.forget(plan.id);
    this.#options.onFailed(plan.id, `its probe failed ${one.failures} times: ${why?.message}`);
  }

  /** While it boots failures say nothing new: it is not ready yet. */
  #tellReadiness(one: Watched, why: Failure | undefined, boots: boolean): void {
    const { readiness: before, probe, plan, failures } = one;
    if (why && (boots || failures < probe.failureThreshold)) return;
    const after = readinessAfter(before, why);
    if (before?.ready === after.ready && before.isLate === after.isLate) return;
    one.readiness = after;
    this.#options.onReadiness(plan.id, after);
  }
}

/** Late is who was ready and says nothing since; who has said that it is not ready is so until it says otherwise. */
function readinessAfter(before: Readiness | undefined, why: Failure | undefined): Readiness {
  if (!why) return { ready: true };
  const { message, isLate } = why;
  const couldBeBusy = before?.ready === true || before?.isLate === true;
  return { ready: false, message, ...(isLate && couldBeBusy ? { isLate } : {}) };
}

function keyOf(id: string, isLiveness: boolean): string {
  return `${isLiveness ? "liveness" : "readiness"} ${id}`;
}

/** Undefined when all is well, else what went wrong. */
async function ask(
  { probe, running, plan }: Watched,
  driver: ContainerDriver,
): Promise<Failure | undefined> {
  const timeoutMs = probe.timeoutSeconds * 1000;
  try {
    if (probe.httpGet) return await askHttp(running.address, probe.httpGet, timeoutMs);
    if (probe.tcpSocket) return await askTcp(running.address, probe.tcpSocket.port, timeoutMs);
    if (probe.exec) return await askExec(driver, plan.id, probe.exec.command, timeoutMs);
    return undefined;
  } catch (error) {
    return failed(messageOf(error));
  }
}

const failed = (message: string): Failure => ({ message, isLate: false });
const late = (message: string): Failure => ({ message, isLate: true });

async function askHttp(
  address: string,
  { path, port }: NonNullable<Probe["httpGet"]>,
  timeoutMs: number,
): Promise<Failure | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const url = `http://${address}:${port}${path}`;
    const answer = await fetch(url, { signal, redirect: "manual" });
    await answer.body?.cancel();
    const isGood = answer.status >= 200 && answer.status < 400;
    return isGood ? undefined : failed(`HTTP ${answer.status}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    return late(`no answer within ${timeoutMs} ms`);
  }
}

function askTcp(host: string, port: number, timeoutMs: number): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (why?: Failure): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(late(`no TCP connection within ${timeoutMs} ms`)));
    socket.once("error", (error) => end(failed(error.message)));
  });
}

async function askExec(
  driver: ContainerDriver,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<Failure | undefined> {
  using session = await driver.exec(id, command, { tty: false });
  const timeout = new Promise<"timeout">((resolve) =>
    setTimeout(resolve, timeoutMs, "timeout").unref(),
  );
  const code = await Promise.race([session.exit, timeout]);
  if (code === 0) return undefined;
  if (code === "timeout") return late(`the command took over ${timeoutMs} ms`);
  return failed(`the command ended with exit code ${code}`);
}
