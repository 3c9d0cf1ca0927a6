import { type Readable, Stream } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Dispatcher, errors, Pool } from "undici";
import { FleetError } from "../../core/std/errors.ts";
import { BoundedBody } from "./bounded-body.ts";
import { headersForPage, headersForService } from "./proxy-headers.ts";

export interface ProxyOptions {
  /** The first part of the path, and how the service is called in messages. */
  readonly name: string;
  readonly url: URL;
  readonly bodyBytesMax: number;
  /** How long an answer may take to begin, and to go on. */
  readonly answerMs: number;
  /** Requests under way; more are told to come again. */
  readonly openMax: number;
}

const CONNECT_MS = 2_000;
const CONNECTIONS_MAX = 64;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** Shown as a document of its own, an answer of a service does nothing. */
const INERT = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** One service behind the page: everything below `/name/` is passed on to it, and nothing is kept. */
export class ServiceProxy implements AsyncDisposable {
  readonly #options: ProxyOptions;
  readonly #pool: Pool;
  #open = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#pool = new Pool(options.url.origin, {
      connections: CONNECTIONS_MAX,
      connect: { timeout: CONNECT_MS },
      headersTimeout: options.answerMs,
      bodyTimeout: options.answerMs,
    });
  }

  /** Bodies are passed on as they come: nothing on the way reads them. */
  mount(app: FastifyInstance): void {
    app.register(async (own) => {
      own.removeAllContentTypeParsers();
      own.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
      own.route({
        method: METHODS,
        url: `/${this.#options.name}/*`,
        handler: (request, reply) => this.#pass(request, reply),
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #pass(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { name, openMax } = this.#options;
    if (this.#open >= openMax)
      throw new FleetError("UNAVAILABLE", `too much to do for the ${name} service`, {
        retryAfterSeconds: 1,
      });
    this.#open += 1;
    reply.raw.once("close", () => {
      this.#open -= 1;
    });
    const gone = new AbortController();
    // Fastify's own signal is aborted when the body was read, not when nobody waits any more.
    reply.raw.once("close", () => reply.raw.writableFinished || gone.abort());
    const answer = await this.#answer(request, gone.signal).catch((error) => {
      // What is still to come of the request is not waited for.
      if (!request.raw.complete) reply.header("connection", "close");
      throw error;
    });
    reply.code(answer.statusCode).headers(headersForPage(answer.headers));
    reply.header("content-security-policy", INERT);
    return reply.send(answer.body);
  }

  async #answer(request: FastifyRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const body = this.#bodyOf(request);
    return await this.#ask(request, body, signal).catch((error) => {
      throw this.#failureOf(error, body);
    });
  }

  #ask(
    request: FastifyRequest,
    body: BoundedBody | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { name, url } = this.#options;
    const { ip: address, protocol, host, id, raw } = request;
    return this.#pool.request({
      method: request.method as Dispatcher.HttpMethod,
      path: url.pathname.replace(/\/$/, "") + String(raw.url).slice(name.length + 1),
      headers: headersForService(request.headers, { address, protocol, host, id }),
      body: body ?? null,
      signal,
    });
  }

  /** A body that says how long it is is refused at once; another one when it has become too long. */
  #bodyOf({ body, headers }: FastifyRequest): BoundedBody | undefined {
    if (!(body instanceof Stream)) return undefined;
    const { bodyBytesMax } = this.#options;
    if (Number(headers["content-length"] ?? 0) > bodyBytesMax) throw tooLarge();
    const bounded = new BoundedBody(bodyBytesMax);
    // An upload that breaks off must not look like one that has ended.
    body.once("error", (error) => bounded.destroy(error));
    body.once("close", () => (body as Readable).readableEnded || bounded.destroy());
    return (body as Readable).pipe(bounded);
  }

  #failureOf(error: unknown, body: BoundedBody | undefined): FleetError {
    if (body?.isOver) return tooLarge();
    const service = `the ${this.#options.name} service`;
    const again = { retryAfterSeconds: 1 };
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
      return new FleetError("TIMEOUT", `${service} does not answer in time`, again, error);
    if (isAway(error)) return new FleetError("UNAVAILABLE", `${service} is away`, again, error);
    if (error instanceof Error && error.name === "AbortError")
      return new FleetError("CANCELLED", "the client is gone", {}, error);
    const details = { ...again, status: BAD_GATEWAY };
    return new FleetError("UNAVAILABLE", `${service} broke off`, details, error);
  }
}

const BAD_GATEWAY = 502;
const AWAY = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];

/** Nothing of the request has reached the service. */
function isAway(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  return AWAY.includes(String((error as NodeJS.ErrnoException).code));
}

function tooLarge(): FleetError {
  return new FleetError("TOO_LARGE", "body too large");
}
