import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Dispatcher, errors, Pool } from "undici";
import { FleetError } from "../../core/std/errors.ts";
import { networkOf } from "../service/network-of.ts";
import { BoundedBody } from "./bounded-body.ts";
import { headersForPage, headersForService } from "./proxy-headers.ts";
import { Slots } from "./slots.ts";

export interface ProxyOptions {
  /** The first part of the path, and how the service is called in messages. */
  readonly name: string;
  readonly url: URL;
  readonly bodyBytesMax: number;
  /** How long an answer may take to begin, and to go on. */
  readonly answerMs: number;
  /** Requests under way, at most half of them of one address; more are told to come again. */
  readonly openMax: number;
}

const CONNECT_MS = 2_000;
/** What is no longer is read as a whole before it counts as under way, so that who sends it slowly is in nobody's way. */
const SMALL_BYTES_MAX = 65_536;
/** Larger bodies on their way to a service, and those of one address. */
const UPLOADS_MAX = 16;
const UPLOADS_PER_ADDRESS_MAX = 4;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** Shown as a document of its own, an answer of a service does nothing. */
const INERT = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** One service behind the page: everything below `/name/` is passed on to it, and nothing is kept. */
export class ServiceProxy implements AsyncDisposable {
  readonly #options: ProxyOptions;
  readonly #pool: Pool;
  readonly #open: Slots;
  readonly #uploads: Slots = new Slots(UPLOADS_MAX, UPLOADS_PER_ADDRESS_MAX);

  constructor(options: ProxyOptions) {
    const { openMax, answerMs, url } = options;
    this.#options = options;
    this.#open = new Slots(openMax, Math.ceil(openMax / 2));
    this.#pool = new Pool(url.origin, {
      // One each: an answer that takes long must not be in the way of the others.
      connections: openMax,
      connect: { timeout: CONNECT_MS },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
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
    const gone = new AbortController();
    // Fastify's own signal is aborted when the body was read, not when nobody waits any more.
    reply.raw.once("close", () => reply.raw.writableFinished || gone.abort());
    const [answer, body] = await this.#answer(request, reply, gone.signal).catch((error) => {
      // What is still to come of the request is not waited for.
      if (!request.raw.complete) reply.header("connection", "close");
      throw error;
    });
    reply.code(answer.statusCode).headers(headersForPage(answer.headers));
    reply.header("content-security-policy", INERT);
    return reply.send(body);
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    signal: AbortSignal,
  ): Promise<[Dispatcher.ResponseData, Buffer | Readable]> {
    const path = this.#pathOf(request);
    const small = await this.#smallBodyOf(request);
    this.#hold(this.#open, request, reply);
    const body = small ?? this.#bodyOf(request, reply);
    const isOver = (): boolean => body instanceof BoundedBody && body.isOver;
    const ask = async (): Promise<[Dispatcher.ResponseData, Buffer | Readable]> => {
      const answer = await this.#ask(request, path, body, signal);
      return [answer, await answerBodyOf(request, answer)];
    };
    return await ask()
      .catch((error) => {
        if (body instanceof BoundedBody || !mayAskAgain(error, request.method)) throw error;
        return ask();
      })
      .catch((error) => {
        throw isOver() ? tooLarge() : this.#failureOf(error);
      });
  }

  #ask(
    request: FastifyRequest,
    path: string,
    body: Buffer | BoundedBody | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { ip: address, protocol, host, id } = request;
    const headers = headersForService(request.headers, { address, protocol, host, id });
    // A body that is not passed on, of a GET, is not spoken of either.
    if (body === undefined) delete headers["content-length"];
    const method = request.method as Dispatcher.HttpMethod;
    return this.#pool.request({ method, path, headers, body: body ?? null, signal });
  }

  /** As it came. One that means `/name/` in other letters, or names a host too, is not known here. */
  #pathOf({ raw }: FastifyRequest): string {
    const { name, url } = this.#options;
    const path = String(raw.url);
    if (!path.startsWith(`/${name}/`)) throw new FleetError("NOT_FOUND", "not found");
    return url.pathname.replace(/\/$/, "") + path.slice(name.length + 1);
  }

  async #smallBodyOf({ body, headers }: FastifyRequest): Promise<Buffer | undefined> {
    const length = Number(headers["content-length"] ?? Number.NaN);
    if (!(body instanceof Readable) || !(length <= SMALL_BYTES_MAX)) return undefined;
    if (length > this.#options.bodyBytesMax) throw tooLarge();
    return await wholeOf(body).catch((error) => {
      throw new FleetError("CANCELLED", "the client is gone", {}, error);
    });
  }

  /** A body that says how long it is is refused at once; another one when it has become too long. */
  #bodyOf(request: FastifyRequest, reply: FastifyReply): BoundedBody | undefined {
    const { body, headers } = request;
    if (!(body instanceof Readable)) return undefined;
    const { bodyBytesMax } = this.#options;
    if (Number(headers["content-length"] ?? 0) > bodyBytesMax) throw tooLarge();
    this.#hold(this.#uploads, request, reply);
    const bounded = new BoundedBody(bodyBytesMax);
    // An upload that breaks off must not look like one that has ended.
    body.once("error", (error) => bounded.destroy(error));
    body.once("close", () => body.readableEnded || bounded.destroy());
    return body.pipe(bounded);
  }

  /** Takes a place until the request is over; UNAVAILABLE when there is none. */
  #hold(slots: Slots, { ip }: FastifyRequest, reply: FastifyReply): void {
    const giveBack = slots.take(networkOf(ip));
    const message = `too much to do for the ${this.#options.name} service`;
    if (!giveBack) throw new FleetError("UNAVAILABLE", message, { retryAfterSeconds: 1 });
    if (reply.raw.closed) giveBack();
    else reply.raw.once("close", giveBack);
  }

  #failureOf(error: unknown): FleetError {
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

/** A small answer is read as a whole: to pass it on as a stream costs more. */
async function answerBodyOf(
  { method }: FastifyRequest,
  { headers, body }: Dispatcher.ResponseData,
): Promise<Buffer | Readable> {
  const length = Number(headers["content-length"] ?? Number.NaN);
  if (method === "HEAD" || !(length <= SMALL_BYTES_MAX)) return body;
  return Buffer.from(await body.arrayBuffer());
}

/** Node's own `buffer` makes a Blob on the way. */
async function wholeOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = await body.toArray();
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

const BAD_GATEWAY = 502;
const AWAY = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];

const BROKEN_OFF = ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"];

/** One of several replicas has ended, and another one may answer: once more, where asking twice is asking once. */
function mayAskAgain(error: unknown, method: string): boolean {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return true;
  return ["GET", "HEAD"].includes(method) && BROKEN_OFF.includes(String(code));
}

/** Nothing of the request has reached the service. */
function isAway(error: unknown): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  return AWAY.includes(String((error as NodeJS.ErrnoException).code));
}

function tooLarge(): FleetError {
  return new FleetError("TOO_LARGE", "body too large");
}
