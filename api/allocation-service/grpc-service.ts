import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import { expected } from "../status.ts";
import type { AllocateCall } from "./allocate-call.ts";
import type { Caller } from "./caller.ts";
import { type GrpcStatus, grpcStatusOf, readMessage, sendMessage, sendStatus } from "./grpc.ts";
import type { HealthCalls } from "./health-calls.ts";

export interface GrpcServiceOptions {
  readonly allocate: AllocateCall;
  readonly health: HealthCalls;
  readonly messageBytesMax: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Answers one gRPC call; every failure becomes a status here, and only what nobody expected is logged. */
export async function serveCall(
  options: GrpcServiceOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  caller: Caller,
): Promise<void> {
  try {
    const message = await readMessage(stream, options.messageBytesMax);
    const answer = await answerTo(options, stream, headers, caller, message);
    if (answer instanceof Uint8Array) sendMessage(stream, answer);
    else if (answer) sendStatus(stream, answer);
  } catch (error) {
    const failure = expected(error);
    options.metrics.refused(failure.code);
    if (failure.code === "INTERNAL")
      options.logger.error(
        { path: headers[":path"], because: messageOf(error) },
        "a call of the allocation service failed unexpectedly",
      );
    sendStatus(stream, grpcStatusOf(failure));
  }
}

/** Aborted when the client has gone before it was answered. */
function goneOf(stream: ServerHttp2Stream): AbortSignal {
  const gone = new AbortController();
  if (stream.destroyed) gone.abort();
  else stream.once("close", () => stream.headersSent || gone.abort());
  return gone.signal;
}

/** Undefined when the call answers by itself. */
function answerTo(
  { allocate, health }: GrpcServiceOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  caller: Caller,
  message: Buffer,
): Promise<Uint8Array | GrpcStatus> | Uint8Array | undefined {
  if (caller.refusal !== undefined) caller.principal(undefined);
  switch (headers[":path"]) {
    case "/allocation.AllocationService/Allocate":
      return allocate.answer(message, headers, caller.principal(headers.authorization), () =>
        goneOf(stream),
      );
    case "/grpc.health.v1.Health/Check":
      return health.check(message);
    case "/grpc.health.v1.Health/Watch":
      health.watch(message, stream);
      return undefined;
    default:
      throw new FleetError("UNSUPPORTED", `there is no method ${headers[":path"]}`);
  }
}
