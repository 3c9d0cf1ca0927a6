import type { Socket } from "node:net";
import type { AuditTally } from "../../access/audit/audit-tally.ts";
import type { Tokens } from "../../access/tokens.ts";
import type { Clock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import { allocating } from "../allocate.ts";
import type { Allocator } from "../options.ts";
import { AllocateCall } from "./allocate-call.ts";
import { auditedAllocate, auditedCaller } from "./audited.ts";
import { type AllocatorAuth, anyCaller, type Caller, tokenCaller } from "./caller.ts";
import { serveCall } from "./grpc-service.ts";
import { HealthCalls } from "./health-calls.ts";
import { AllocationListener, type ListenerBounds } from "./listener.ts";
import { allocationServices } from "./messages.ts";
import { Rest } from "./rest.ts";
import type { TlsKeeper } from "./tls-keeper.ts";

export interface ServiceBounds extends ListenerBounds {
  readonly messageBytesMax: number;
  readonly checkedAllocationsMax: number;
  readonly healthWatchesMax: number;
  readonly healthLookEveryMs: number;
}
export interface AllocationServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly auth: AllocatorAuth;
  /** Undefined: in plain text. */
  readonly tls: TlsKeeper | undefined;
  readonly allocator: Allocator;
  readonly tokens: Tokens;
  readonly metrics: Metrics;
  readonly access?: { readonly tally: Pick<AuditTally, "count"> };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notReady: () => string | undefined;
  readonly bounds: ServiceBounds;
}

export const SERVICE_BOUNDS: ServiceBounds = {
  handshakeMs: 10_000,
  // Agones' server closes idle connections after as long.
  idleMs: 5 * 60_000,
  requestMs: 20_000,
  lookEveryMs: 5_000,
  connectionsMax: 4_096,
  callsMax: 1_000,
  closeGraceMs: 1_000,
  messageBytesMax: 1024 * 1024,
  checkedAllocationsMax: 2_000,
  healthWatchesMax: 1_000,
  healthLookEveryMs: 1_000,
};

/** Agones' allocation service: gRPC and REST on one port, beside the API and over the same allocator. */
export class AllocationService implements AsyncDisposable {
  readonly #opened: AsyncDisposableStack;
  readonly #listener: AllocationListener;

  private constructor(opened: AsyncDisposableStack, listener: AllocationListener) {
    this.#opened = opened;
    this.#listener = listener;
  }

  static async open(options: AllocationServiceOptions): Promise<AllocationService> {
    const { allocator, metrics, logger, bounds, notReady } = options;
    const { messageBytesMax, healthLookEveryMs: lookEveryMs, healthWatchesMax } = bounds;
    const services = allocationServices();
    const tally = options.access?.tally;
    const unaudited = allocating(allocator, metrics, tally);
    const allocate = tally ? auditedAllocate(unaudited, tally) : unaudited;
    await using opening = new AsyncDisposableStack();
    const common = { allocate, notReady, metrics, logger };
    const rest = opening.use(await Rest.open({ ...common, bodyBytesMax: messageBytesMax }));
    // Disposed before the listener: a connection ends when nothing is under way on it.
    const health = new HealthCalls({
      services,
      notReady,
      lookEveryMs,
      watchesMax: healthWatchesMax,
    });
    const method = services.allocation.Allocate;
    const checkedMax = bounds.checkedAllocationsMax;
    const call = new AllocateCall({ allocate, method, checkedMax });
    const grpc = { allocate: call, health, messageBytesMax, metrics, logger };
    const listener = await AllocationListener.open({
      ...options,
      callerOf: callerOf(options),
      serveCall: (stream, headers, caller) => serveCall(grpc, stream, headers, caller),
      serveRest: (caller, request, response) => rest.serve(caller, request, response),
    });
    opening.use(listener);
    opening.use(health);
    return new AllocationService(opening.move(), listener);
  }

  get port(): number {
    return this.#listener.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

function callerOf({
  auth,
  tls,
  tokens,
  access,
}: AllocationServiceOptions): (socket: Socket) => Caller {
  const plain = (socket: Socket): Caller => {
    if (auth === "mtls" && tls) return tls.callerOf(socket);
    const from = socket.remoteAddress ?? "";
    return auth === "none" ? anyCaller(from) : tokenCaller(from, tokens);
  };
  return (socket) => (access ? auditedCaller(plain(socket), access.tally) : plain(socket));
}
