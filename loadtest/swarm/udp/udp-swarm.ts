import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Targets } from "../../platform/targets.ts";
import type { SwarmRecord } from "../../report/run-result.ts";
import { mergeReports } from "./merge-reports.ts";
import { WIRES, type Wire } from "./packets.ts";
import type { PlayerSums, UdpAim } from "./udp-players.ts";
import type { FromWorker, ToWorker, WorkerReport, WorkerSettings } from "./worker.ts";

export interface UdpSwarmOptions {
  readonly wire: Wire;
  readonly workers: number;
  /** Packets of a player in a second. */
  readonly hz: number;
  readonly playersMax: number;
  /** It sends nothing after so long, whatever happens. */
  readonly secondsMax: number;
  /** Addresses beside loopback that may be loaded. */
  readonly allowed: readonly string[];
}

/** A process has some 20,000 descriptors, and what else it has open needs some. */
const PLAYERS_MAX = 15_000;
const SECONDS_MAX = 3_600;
const HZ_MAX = 120;
const WORKERS_MAX = 16;
/** What is still on its way when everybody has stopped. */
const SETTLE_MS = 1_000;

/** Thousands of UDP players over worker threads: numbered packets at a steady pace, and what came back of them. */
export class UdpSwarm implements AsyncDisposable {
  readonly #options: UdpSwarmOptions;
  readonly #targets: Targets;
  readonly #workers: readonly Worker[];
  readonly #beganNs: bigint;
  readonly #waiting = new Map<number, (answer: FromWorker) => void>();
  readonly #ids = new Set<number>();
  #asked = 0;

  private constructor(options: UdpSwarmOptions) {
    this.#options = options;
    this.#targets = new Targets(options.allowed);
    this.#beganNs = process.hrtime.bigint();
    const { workers, playersMax, wire, hz, secondsMax } = options;
    const share = Math.ceil(playersMax / workers);
    const bounds = { secondsMax, playersMax: share, spreadOver: playersMax };
    const settings = { wire, hz, ...bounds, beganNs: this.#beganNs };
    this.#workers = Array.from({ length: workers }, () => this.#thread(settings));
  }

  /** Throws with a sentence when more is wanted than a run may do. */
  static start(options: UdpSwarmOptions): UdpSwarm {
    inBounds("players", options.playersMax, PLAYERS_MAX);
    inBounds("seconds", options.secondsMax, SECONDS_MAX);
    inBounds("packets a second", options.hz, HZ_MAX);
    inBounds("workers", options.workers, WORKERS_MAX);
    if (!WIRES.includes(options.wire)) throw new Error(`a swarm speaks ${WIRES.join(" or ")}`);
    return new UdpSwarm(options);
  }

  /** Milliseconds since it began. */
  get nowMs(): number {
    return Number(process.hrtime.bigint() - this.#beganNs) / 1e6;
  }

  /** Players begin, or go on at another address with the same numbers. Ids are whole numbers from 0 on. */
  aim(aims: readonly UdpAim[]): void {
    for (const { id, host } of aims) {
      this.#targets.checkHost(host);
      this.#ids.add(id);
    }
    this.#share(
      aims,
      ({ id }) => id,
      (some) => ({ do: "aim", aims: some }),
    );
  }

  /** Players send nothing more, until they are aimed again; the silence of one that was thrown out counts meanwhile. */
  rest(ids: readonly number[], { isThrownOut }: { readonly isThrownOut: boolean }): void {
    this.#share(
      ids,
      (id) => id,
      (some) => ({ do: "rest", ids: some, isThrownOut }),
    );
  }

  /** What became of each player's packets of these whole seconds; ask when answers to the last of them are there. */
  async players(from: number, to: number): Promise<PlayerSums[]> {
    const answers = await this.#askAll((ask) => ({ do: "players", ask, from, to }));
    return answers.flatMap(({ players }) => players ?? []);
  }

  /** Everybody stops; what was seen until now. */
  async stop(): Promise<SwarmRecord> {
    const seconds = Math.ceil(this.nowMs / 1000);
    for (const worker of this.#workers) worker.postMessage({ do: "stop" } satisfies ToWorker);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const to = Math.min(seconds, this.#options.secondsMax);
    const answers = await this.#askAll((ask) => ({ do: "report", ask, to }));
    const reports = answers.flatMap(({ report }): WorkerReport[] => (report ? [report] : []));
    return mergeReports(reports, { wanted: this.#options.playersMax, open: this.#ids.size });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        const ended = once(worker, "exit");
        worker.postMessage({ do: "end" } satisfies ToWorker);
        await ended;
      }),
    );
  }

  #thread(settings: WorkerSettings): Worker {
    const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: settings });
    worker.on("message", (answer: FromWorker) => {
      this.#waiting.get(answer.ask)?.(answer);
      this.#waiting.delete(answer.ask);
    });
    return worker;
  }

  #share<T>(
    all: readonly T[],
    idOf: (one: T) => number,
    messageOf: (some: readonly T[]) => ToWorker,
  ): void {
    this.#workers.forEach((worker, n) => {
      const some = all.filter((one) => idOf(one) % this.#workers.length === n);
      if (some.length > 0) worker.postMessage(messageOf(some));
    });
  }

  #askAll(messageOf: (ask: number) => ToWorker): Promise<FromWorker[]> {
    return Promise.all(
      this.#workers.map((worker) => {
        const ask = this.#asked++;
        const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
        this.#waiting.set(ask, resolve);
        worker.once("error", reject);
        worker.postMessage(messageOf(ask));
        return promise.finally(() => worker.off("error", reject));
      }),
    );
  }
}

function inBounds(what: string, count: number, max: number): void {
  if (Number.isInteger(count) && count > 0 && count <= max) return;
  throw new Error(`a swarm has 1 to ${max} ${what}, not ${count}`);
}
