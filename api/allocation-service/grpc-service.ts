import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Metrics } from "../../monitor/metrics.ts";
import { expected } from "../status.ts";
import type { AllocateCall, CallFrom } from "./allocate-call.ts";
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
    const { bytesMax, answer: answerTo } = callOf(options, stream, headers, caller);
    const answer = await answerTo(await readMessage(stream, bytesMax));
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

interface Call {
  readonly bytesMax: number;
  /** Undefined when the call answers by itself. */
  readonly answer: (
    message: Buffer,
  ) => Promise<Uint8Array | GrpcStatus> | Uint8Array | GrpcStatus | undefined;
}
/** A question about health names a service. */
const HEALTH_BYTES_MAX = 1_024;

/** Throws for who may not ask: of a stranger's message nothing is read, let alone kept. */
function callOf(
  { allocate, health, messageBytesMax }: GrpcServiceOptions,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  caller: Caller,
): Call {
  switch (headers[":path"]) {
    case "/allocation.AllocationService/Allocate": {
      const principal = caller.principal(headers.authorization);
      const gone = (): AbortSignal => goneOf(stream);
      const from: CallFrom = { principal, from: caller.from, gone };
      const answer: Call["answer"] = (message) => allocate.answer(message, headers, from);
      return { bytesMax: messageBytesMax, answer };
    }
    case "/grpc.health.v1.Health/Check":
      return { bytesMax: HEALTH_BYTES_MAX, answer: (message) => health.check(message) };
    case "/grpc.health.v1.Health/Watch":
      return {
        bytesMax: HEALTH_BYTES_MAX,
        answer: (message) => {
          health.watch(message, stream);
          return undefined;
        },
      };
    default:
      throw new FleetError("UNSUPPORTED", `there is no method ${headers[":path"]}`);
  }
}
