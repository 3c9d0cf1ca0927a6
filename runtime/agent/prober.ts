import { connect } from "node:net";
import type { Probe } from "../../core/model/container.ts";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import type { ContainerDriver, RunningContainer } from "../container/driver.ts";

export interface ProberOptions {
  readonly driver: ContainerDriver;
  readonly clock: Clock;
  /** Called once when a container failed its probe `failureThreshold` times in a row. */
  readonly onFailed: (id: string, message: string) => void;
}
interface Watched {
  readonly plan: ContainerPlan;
  readonly running: RunningContainer;
  readonly probe: Probe;
  dueAt: number;
  failures: number;
  underWay: boolean;
}
const TICK_MS = 250;

/** Asks containers that have a probe whether they still work: HTTP 200-399, a TCP connection, or a command's exit 0. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  watch(plan: ContainerPlan, running: RunningContainer): void {
    const { probe } = plan;
    const known = this.#watched.get(plan.id);
    if (!probe || known?.running.pid === running.pid) return;
    const dueAt = this.#options.clock.monotonic() + probe.initialDelaySeconds * 1000;
    this.#watched.set(plan.id, { plan, running, probe, dueAt, failures: 0, underWay: false });
  }

  forget(id: string): void {
    this.#watched.delete(id);
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
    one.dueAt = this.#options.clock.monotonic() + probe.periodSeconds * 1000;
    one.failures = why === undefined ? 0 : one.failures + 1;
    if (one.failures < probe.failureThreshold || this.#watched.get(plan.id) !== one) return;
    this.forget(plan.id);
    this.#options.onFailed(plan.id, `its probe failed ${one.failures} times: ${why}`);
  }
}

/** Undefined when all is well, else what went wrong. */
async function ask(
  { probe, running, plan }: Watched,
  driver: ContainerDriver,
): Promise<string | undefined> {
  const timeoutMs = probe.timeoutSeconds * 1000;
  try {
    if (probe.httpGet) return await askHttp(running.address, probe.httpGet, timeoutMs);
    if (probe.tcpSocket) return await askTcp(running.address, probe.tcpSocket.port, timeoutMs);
    if (probe.exec) return await askExec(driver, plan.id, probe.exec.command, timeoutMs);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function askHttp(
  address: string,
  { path, port }: NonNullable<Probe["httpGet"]>,
  timeoutMs: number,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(`http://${address}:${port}${path}`, { signal, redirect: "manual" });
  await answer.body?.cancel();
  return answer.status >= 200 && answer.status < 400 ? undefined : `HTTP ${answer.status}`;
}

function askTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (why?: string): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end(`no TCP connection within ${timeoutMs} ms`));
    socket.once("error", (error) => end(error.message));
  });
}

async function askExec(
  driver: ContainerDriver,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  using session = await driver.exec(id, command, { tty: false });
  const timeout = new Promise<"timeout">((resolve) =>
    setTimeout(resolve, timeoutMs, "timeout").unref(),
  );
  const code = await Promise.race([session.exit, timeout]);
  if (code === 0) return undefined;
  return code === "timeout"
    ? `the command took over ${timeoutMs} ms`
    : `the command ended with exit code ${code}`;
}
