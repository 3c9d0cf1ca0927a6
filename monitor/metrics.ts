import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AllocationState } from "../core/model/allocation.ts";

/** Seconds; an allocation takes one to ten milliseconds. */
const ALLOCATION_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];

/** Gauges of the client library whose names Prometheus' own check refuses: `_total` is for counters. */
const MISNAMED = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

/**
 * Everything that `/metrics` shows: Agones' names where Agones has the metric, `flotilla_` for ours; beside them the
 * process's own (memory, CPU, event-loop delay). Made once per process.
 */
export class Metrics {
  readonly registry: Registry = new Registry();
  readonly #allocations: Histogram<"status">;
  readonly #refusals: Counter<"code">;
  readonly #streams: Gauge<"kind">;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.#allocations = new Histogram({
      name: "agones_gameserver_allocations_duration_seconds",
      help: "Time from an allocation request to its durable answer, by the state it was answered with.",
      labelNames: ["status"],
      buckets: ALLOCATION_BUCKETS,
      registers,
    });
    this.#refusals = new Counter({
      name: "flotilla_api_refusals_total",
      help: "Requests that the API refused, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#streams = new Gauge({
      name: "flotilla_api_streams",
      help: "Open streams: watches of clients, watches and tunnels of nodes.",
      labelNames: ["kind"],
      registers,
    });
  }

  /** Who is told of each allocation beside the histogram. */
  onAllocated: ((status: string, seconds: number) => void) | undefined;

  allocated(status: AllocationState | "Error", seconds: number): void {
    this.onAllocated?.(status, seconds);
    this.#allocations.observe({ status }, seconds);
  }

  /** Gauges of the allocator, asked for at each scrape. */
  showAllocator(allocator: { readonly waiting: () => number; readonly scans: () => number }): void {
    this.#gauge(
      "flotilla_allocations_waiting",
      "Requests that wait for a server.",
      allocator.waiting,
    );
    this.#gauge(
      "flotilla_allocation_scans",
      "Times that a list of candidates was made by looking through all servers.",
      allocator.scans,
    );
  }

  /** Gauges of the stream that pages follow. */
  showStream(stream: { readonly topics: () => number; readonly skipped: () => number }): void {
    this.#gauge("flotilla_stream_topics", "Topics that pages follow.", stream.topics);
    this.#gauge(
      "flotilla_stream_skipped",
      "Messages that were not sent to a page that was behind: it got the newest state later.",
      stream.skipped,
    );
  }

  #gauge(name: string, help: string, read: () => number): void {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    new Gauge({ name, help, registers: [this.registry], collect });
  }

  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  /** Counts an open stream until it is disposed. */
  streamOpened(kind: "watch" | "link" | "tunnel" | "log" | "exec" | "blob" | "page"): Disposable {
    this.#streams.inc({ kind });
    return { [Symbol.dispose]: () => this.#streams.dec({ kind }) };
  }

  /** The text of `/metrics` and its content type. */
  async show(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}
