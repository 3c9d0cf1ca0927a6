import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { ClientPair } from "../../access/client-certificates.ts";
import { allocationServices, type Fields, type Method } from "./messages.ts";

const SERVICES = allocationServices();
/** How one call ended. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly why?: string;
  readonly retryAfter?: string;
  readonly answer?: Fields;
}

/** The official Node client of gRPC, on a channel of its own. */
export class GrpcClient implements Disposable {
  readonly #client: Client;

  constructor(port: number, how: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(`127.0.0.1:${port}`, how, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.ssl_target_name_override": "localhost",
    });
  }

  static withTls(port: number, ca: string, pair?: ClientPair): GrpcClient {
    const [key, cert] = pair ? [Buffer.from(pair.key), Buffer.from(pair.cert)] : [null, null];
    return new GrpcClient(port, credentials.createSsl(Buffer.from(ca), key, cert));
  }

  allocate(request: Fields, metadata: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.#call(SERVICES.allocation.Allocate, request, metadata);
  }

  /** A call that waits; it can be given up. */
  waiting(request: Fields, waitUpTo: string): { cancel(): void } {
    const { path, requestSerialize, responseDeserialize } = SERVICES.allocation.Allocate;
    const metadata = new Metadata();
    metadata.set("wait-up-to", waitUpTo);
    return this.#client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      () => undefined,
    );
  }

  health(service = ""): Promise<Outcome> {
    return this.#call(SERVICES.health.Check, { service }, {});
  }

  /** Any bytes to any method. */
  send(path: string, bytes: Buffer): Promise<Outcome> {
    const same = (buffer: Buffer): Buffer => buffer;
    return new Promise((resolve) =>
      this.#client.makeUnaryRequest(path, same, same, bytes, (error) => resolve(outcomeOf(error))),
    );
  }

  /** The states of a service, as they come. */
  async *watchHealth(service = ""): AsyncGenerator<unknown> {
    const { path, requestSerialize, responseDeserialize } = SERVICES.health.Watch;
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      service,
    });
    for await (const { status } of call as AsyncIterable<Fields>) yield status;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #call(
    method: Method,
    request: Fields,
    given: Readonly<Record<string, string>>,
  ): Promise<Outcome> {
    const { path, requestSerialize, responseDeserialize } = method;
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(given)) metadata.set(name, value);
    return new Promise((resolve) =>
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        (error, answer) => resolve(outcomeOf(error, answer)),
      ),
    );
  }
}

function outcomeOf(error: ServiceError | null, answer?: Fields): Outcome {
  if (!error) return { code: 0, message: "", ...(answer ? { answer } : {}) };
  const [why] = error.metadata.get("flotilla-why");
  const [after] = error.metadata.get("retry-after");
  return {
    ...{ code: error.code, message: error.details },
    ...(why ? { why: String(why) } : {}),
    ...(after ? { retryAfter: String(after) } : {}),
  };
}
