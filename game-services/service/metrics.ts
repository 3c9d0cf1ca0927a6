import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; a read takes a millisecond, a password some tens. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** The numbers that every service shows; its own go into the same registry. */
export class ServiceMetrics {
  readonly registry: Registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #open: Gauge;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: "flotilla_service_request_seconds",
      help: "Time from a request to its answer, by route and status.",
      labelNames: ["method", "route", "status"],
      buckets: BUCKETS,
      registers,
    });
    this.#open = new Gauge({
      name: "flotilla_service_requests_open",
      help: "Requests that are not answered yet.",
      registers,
    });
  }

  began(): void {
    this.#open.inc();
  }

  /** `route` is a pattern, never a URL: what players make up must not become labels. */
  answered(method: string, route: string, status: number, seconds: number): void {
    this.#open.dec();
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** The text of `/metrics` and its content type. */
  async show(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}
