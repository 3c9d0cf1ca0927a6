import type { LinkEvent, LinkResult, Report, SdkCall } from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { Agent } from "../../runtime/agent/agent.ts";
import { LinkBatcher } from "../../runtime/link/link-batcher.ts";
import { LinkCache } from "../../runtime/link/link-cache.ts";
import { LineStream } from "./line-stream.ts";
import type { Machine } from "./machine.ts";
import type { Way } from "./network.ts";
import type { VirtualTime } from "./virtual-time.ts";

const HEARTBEAT_MS = 2_000;
const WATCH_AGAIN_MS = 100;
const QUEUE_MAX = 10_000;
const BATCHES = {
  batchMax: 50,
  queueMax: QUEUE_MAX,
  weightMax: 1_000_000,
  weightOf: (): number => 1,
  backoff: { firstMs: 50, factor: 2, maxMs: 2_000 },
};
const KINDS = new Set(["GameServer"] as const);

export interface SimNodeOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly way: Way;
  readonly machine: Machine;
  readonly status: NodeStatus;
}

/** One machine with its door and its agent; the agent is the real one, over a driver and a link that obey the simulation. */
export class SimNode {
  readonly name: string;
  readonly way: Way;
  readonly machine: Machine;
  readonly #options: SimNodeOptions;
  readonly #calls: LinkBatcher<SdkCall, LinkResult>;
  #agent: AbortController | undefined;

  constructor(options: SimNodeOptions) {
    const { name, way, machine, time } = options;
    this.#options = options;
    this.name = name;
    this.way = way;
    this.machine = machine;
    this.#calls = new LinkBatcher({
      ...BATCHES,
      clock: time,
      send: (calls) => way.ask(({ controllers }) => controllers.link.sdk(name, calls)),
    });
    machine.onSdk((call) => this.#calls.add(call));
  }

  /** Calls and reports that wait, for the bound of the door's queue. */
  get waiting(): number {
    return this.#calls.waiting;
  }

  get isAgentAlive(): boolean {
    return this.#agent !== undefined;
  }

  startAgent(): void {
    if (this.#agent) return;
    const stop = new AbortController();
    this.#agent = stop;
    const { name, time, way, machine, status } = this.#options;
    const { signal } = stop;
    const cache = new LinkCache();
    const reports = new LinkBatcher<Report, LinkResult>({
      ...BATCHES,
      clock: time,
      send: (some) => way.ask(({ controllers }) => controllers.link.reports(name, some)),
    });
    signal.addEventListener("abort", () => reports[Symbol.dispose](), { once: true });
    const now = (): NodeStatus => ({ ...status, heartbeatAt: new Date(time.now()).toISOString() });
    const agent = new Agent({
      link: {
        report: (report) => reports.add(report),
        heartbeat: (beat) => way.ask(({ controllers }) => controllers.link.heartbeat(name, beat)),
      },
      cache,
      driver: machine.driverFor(signal),
      peers: NO_PEERS,
      ...NO_KERNEL,
      clock: time,
      logger: silentLogger,
      nodeStatus: async () => now(),
      heartbeatEveryMs: HEARTBEAT_MS,
      concurrencyMax: 16,
      queueMax: QUEUE_MAX,
    });
    void agent.run(signal);
    void this.#watch(cache, signal);
  }

  /** Containers and the door go on; everything that the agent had in memory is lost. */
  killAgent(): void {
    this.#agent?.abort(new Error("killed"));
    this.#agent = undefined;
  }

  /** Every container is gone, and the agent with them. */
  powerOff(): void {
    this.killAgent();
    this.machine.powerOff();
  }

  /** The watch as the real client has it: resumed after a break, a full list when an event fits nothing. */
  async #watch(cache: LinkCache, signal: AbortSignal): Promise<void> {
    const { name, time, way } = this.#options;
    let from: number | undefined;
    const take = (event: LinkEvent): void => {
      if (event.type === "sync") from = undefined;
      try {
        cache.apply(event);
      } catch (error) {
        from = undefined;
        throw error;
      }
      if (event.type === "synced") from = event.revision;
      else if (from !== undefined && event.type !== "sync") from = event.revision;
    };
    while (!signal.aborted) {
      const stream = new LineStream(time, way, signal, take);
      try {
        // The answer of a watch is its stream; only its beginning is a request.
        let isOpen = false;
        await way.ask(async (plane) => {
          // A copy of the request has a connection of its own, which nobody reads.
          if (isOpen) return;
          isOpen = true;
          plane.onDeath(() => stream.break());
          void plane.fanOut.serve(name, KINDS, from, stream).catch(() => stream.break());
        });
        await stream.broken;
      } catch {
        stream.break();
      }
      await time.sleep(WATCH_AGAIN_MS, signal).catch(() => undefined);
    }
  }
}

/** Simulated machines have no port maps of services. */
const NO_KERNEL = { setServices: async (): Promise<void> => undefined, platformApi: undefined };

/** Who speaks from which address is the door's business; here a game is known by its container. */
const NO_PEERS = {
  put: async (): Promise<void> => undefined,
  remove: async (): Promise<void> => undefined,
  removeAllBut: async (): Promise<void> => undefined,
};
