import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Targets } from "../../platform/targets.ts";
import type { SwarmRecord } from "../../report/run-result.ts";
import type { FromGenerator, ToGenerator } from "./generator.ts";
import { mergeSockets } from "./merge-sockets.ts";
import type { SocketEvent, SocketJoin, SocketReport } from "./socket-players.ts";

export interface SocketSwarmOptions {
  readonly processes: number;
  readonly socketsMax: number;
  /** Joins begun in a second, over all processes. */
  readonly perSecond: number;
  /** Between two questions of a player; 0: they are silent. */
  readonly echoEveryMs: number;
  /** Addresses beside loopback that may be loaded. */
  readonly allowed: readonly string[];
  readonly onEvent: (event: SocketEvent) => void;
}

/** So many of a process's 20,000 descriptors; the rest is for joins under way. */
const PER_PROCESS_MAX = 18_000;
const PROCESSES_MAX = 16;
const JOINING_MAX = 32;
const JOIN_WITHIN_MS = 15_000;
const REPORT_WITHIN_MS = 60_000;
const GENERATOR = join(import.meta.dirname, "generator.ts");

/** Many WebSockets over several processes, for counts that one process cannot hold: opened at a rate, kept, closes by cause. */
export class SocketSwarm implements AsyncDisposable {
  readonly #options: SocketSwarmOptions;
  readonly #beganNs: bigint = process.hrtime.bigint();
  readonly #targets: Targets;
  readonly #children: readonly ChildProcess[];

  private constructor(options: SocketSwarmOptions) {
    this.#options = options;
    this.#targets = new Targets(options.allowed);
    const { processes, socketsMax, perSecond, echoEveryMs } = options;
    const settings = {
      perSecond: perSecond / processes,
      joiningMax: JOINING_MAX,
      socketsMax: Math.ceil(socketsMax / processes),
      joinWithinMs: JOIN_WITHIN_MS,
      echoEveryMs,
      beganNs: String(this.#beganNs),
    };
    this.#children = Array.from({ length: processes }, () => {
      const child = fork(GENERATOR, [], { execArgv: process.execArgv });
      child.on("message", (message: FromGenerator) => {
        if (message.what !== "report") options.onEvent(message);
      });
      say(child, { do: "begin", settings });
      return child;
    });
  }

  /** Throws with a sentence when more is wanted than a run may do. */
  static start(options: SocketSwarmOptions): SocketSwarm {
    const { processes, socketsMax, perSecond } = options;
    if (!Number.isInteger(processes) || processes < 1 || processes > PROCESSES_MAX)
      throw new Error(`a socket swarm has 1 to ${PROCESSES_MAX} processes, not ${processes}`);
    if (!(socketsMax > 0) || socketsMax > processes * PER_PROCESS_MAX)
      throw new Error(
        `${processes} processes hold 1 to ${processes * PER_PROCESS_MAX} sockets, not ${socketsMax}`,
      );
    if (!(perSecond > 0))
      throw new Error(`sockets are opened at a rate, not ${perSecond} a second`);
    return new SocketSwarm(options);
  }

  /** Milliseconds since it began. */
  get nowMs(): number {
    return Number(process.hrtime.bigint() - this.#beganNs) / 1e6;
  }

  /** They come in at the rate; `onEvent` hears of each. */
  join(joins: readonly SocketJoin[]): void {
    for (const { host = "127.0.0.1" } of joins) this.#targets.checkHost(host);
    this.#share(
      joins,
      ({ id }) => id,
      (some) => ({ do: "join", joins: some }),
    );
  }

  /** They leave by themselves. */
  leave(ids: readonly number[]): void {
    this.#share(
      ids,
      (id) => id,
      (some) => ({ do: "leave", ids: some }),
    );
  }

  /** What was seen until now. */
  async record(): Promise<SwarmRecord> {
    const reports = await Promise.all(this.#children.map(reportOf));
    return mergeSockets(reports, this.#options.socketsMax);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        if (child.connected) child.disconnect();
        await ended;
      }),
    );
  }

  #share<T>(
    all: readonly T[],
    idOf: (one: T) => number,
    messageOf: (some: readonly T[]) => ToGenerator,
  ): void {
    this.#children.forEach((child, n) => {
      const some = all.filter((one) => idOf(one) % this.#children.length === n);
      if (some.length > 0) say(child, messageOf(some));
    });
  }
}

function say(child: ChildProcess, message: ToGenerator): void {
  child.send(message);
}

function reportOf(child: ChildProcess): Promise<SocketReport> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketReport>();
  const hear = (message: FromGenerator): void => {
    if (message.what === "report") resolve(message.report);
  };
  const late = setTimeout(
    () => reject(new Error("a process of the socket swarm does not report")),
    REPORT_WITHIN_MS,
  );
  child.on("message", hear);
  say(child, { do: "report" });
  return promise.finally(() => {
    clearTimeout(late);
    child.off("message", hear);
  });
}
