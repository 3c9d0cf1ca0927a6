import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What is only looked at when somebody asks. */
export interface Looked {
  readonly rooms: () => number;
  readonly players: () => number;
  readonly dropped: () => object;
}
export type RefusedWhat = "join" | "say" | "whisper" | "place" | "remove" | "access" | "message";

/** Seconds; ticks are to be in time by some milliseconds. */
const LATE_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

/** The numbers of a game server, for Prometheus. */
export class MapMetrics {
  readonly registry: Registry = new Registry();
  readonly #late: Histogram;
  readonly #patches: Counter;
  readonly #refused: Counter<"what">;
  readonly #snapshots: Counter<"outcome">;
  readonly #failures: Counter;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#late = new Histogram({
      name: "flotilla_game_tick_late_seconds",
      help: "How much later than planned a room ticked.",
      buckets: LATE_BUCKETS,
      registers,
    });
    const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
      new Counter({ name: `flotilla_game_${name}`, help, labelNames, registers });
    this.#patches = counter("patches_total", "Changes of a room's state sent to its players.", []);
    this.#refused = counter("refused_total", "What players asked for and did not get.", ["what"]);
    this.#snapshots = counter("snapshots_total", "Snapshots of rooms.", ["outcome"]);
    this.#failures = counter("failures_total", "Errors that nobody expected.", []);
  }

  /** What is asked for at each look. */
  watch({ rooms, players, dropped }: Looked): void {
    const registers = [this.registry];
    const gauge = (name: string, help: string, look: () => number): Gauge =>
      new Gauge({
        name: `flotilla_game_${name}`,
        help,
        registers,
        collect() {
          this.set(look());
        },
      });
    gauge("rooms", "Rooms that are open.", rooms);
    gauge("players", "Players who are in, those who may come back among them.", players);
    new Gauge({
      name: "flotilla_game_udp_dropped",
      help: "UDP packets that were thrown away, by why.",
      labelNames: ["because"],
      registers,
      collect() {
        for (const [because, count] of Object.entries(dropped()))
          this.set({ because }, Number(count));
      },
    });
  }

  ticked(lateMs: number): void {
    this.#late.observe(lateMs / 1000);
  }
  patched(): void {
    this.#patches.inc();
  }
  refused(what: RefusedWhat): void {
    this.#refused.inc({ what });
  }
  snapshot(isSaved: boolean): void {
    this.#snapshots.inc({ outcome: isSaved ? "saved" : "failed" });
  }
  failed(): void {
    this.#failures.inc();
  }
}

/** The page `/metrics` on a port of its own, which players need not reach. */
export class MetricsPage implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(metrics: MapMetrics, host: string, port: number): Promise<MetricsPage> {
    const server = createServer((asked, answer) => {
      if (asked.method !== "GET" || asked.url !== "/metrics") {
        answer.writeHead(404).end();
        return;
      }
      const { registry } = metrics;
      registry.metrics().then(
        (text) => answer.setHeader("content-type", registry.contentType).end(text),
        () => answer.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    return new MetricsPage(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
