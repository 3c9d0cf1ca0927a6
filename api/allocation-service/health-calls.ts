import type { ServerHttp2Stream } from "node:http2";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { framed, openAnswer } from "./grpc.ts";
import type { AllocationServices } from "./messages.ts";

export interface HealthCallsOptions {
  readonly services: AllocationServices;
  /** Why nothing can be served yet; undefined when it can. */
  readonly notReady: () => string | undefined;
  /** How often watchers are looked after. */
  readonly lookEveryMs: number;
  readonly watchesMax: number;
}

/** The states of `grpc.health.v1`. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
/** The whole server, and the service that Agones' clients ask for. */
const KNOWN = new Set(["", "allocation.AllocationService"]);

/** gRPC's health service: what the allocation service is asked for by load balancers and clients. */
export class HealthCalls implements Disposable {
  readonly #options: HealthCallsOptions;
  readonly #watchers = new Map<ServerHttp2Stream, { readonly service: string; told: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: HealthCallsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tell(), options.lookEveryMs).unref();
  }

  check(message: Buffer): Uint8Array {
    const status = this.#statusOf(this.#serviceOf(message));
    if (status === SERVICE_UNKNOWN) throw new FleetError("NOT_FOUND", "there is no such service");
    return this.#options.services.health.Check.responseSerialize({ status });
  }

  /** Says how it is, and again whenever that changes. */
  watch(message: Buffer, stream: ServerHttp2Stream): void {
    const service = this.#serviceOf(message);
    const { watchesMax } = this.#options;
    if (this.#watchers.size >= watchesMax)
      throw new FleetError("EXHAUSTED", `there are ${watchesMax} watches of health already`);
    openAnswer(stream);
    this.#watchers.set(stream, { service, told: -1 });
    stream.on("close", () => this.#watchers.delete(stream));
    this.#tell();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const stream of this.#watchers.keys()) stream.end();
  }

  #tell(): void {
    for (const [stream, watcher] of this.#watchers) {
      const status = this.#statusOf(watcher.service);
      if (status === watcher.told) continue;
      watcher.told = status;
      stream.write(framed(this.#options.services.health.Watch.responseSerialize({ status })));
    }
  }

  #statusOf(service: string): number {
    if (!KNOWN.has(service)) return SERVICE_UNKNOWN;
    return this.#options.notReady() === undefined ? SERVING : NOT_SERVING;
  }

  #serviceOf(message: Buffer): string {
    try {
      const { service } = this.#options.services.health.Check.requestDeserialize(message);
      return typeof service === "string" ? service : "";
    } catch (error) {
      const because = messageOf(error);
      throw new FleetError("BAD_REQUEST", `the message is no HealthCheckRequest: ${because}`);
    }
  }
}
