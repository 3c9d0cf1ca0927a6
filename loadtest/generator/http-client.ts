import { Agent, request } from "undici";
import { StepFailed } from "./tally.ts";

/** One request of a player. */
export interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly token?: string;
  /** JSON, unless it is bytes. */
  readonly body?: object | Buffer;
  readonly contentType?: string;
  /** Who asks, as a proxy in front would say: each player has an address of its own. */
  readonly forwardedFor?: string;
  /** Everything else fails the step. */
  readonly status: number;
  readonly signal: AbortSignal;
}

/** A player does not wait longer for an answer. */
const ANSWER_WITHIN_MS = 30_000;
const ANSWER_BYTES_MAX = 4_194_304;

/** HTTP for the players of one generator: as many connections as there are requests at once. */
export class HttpClient implements AsyncDisposable {
  readonly #agent = new Agent({
    ...{ headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS },
    ...{ pipelining: 1, keepAliveTimeout: 4_000 },
  });

  /** The answer's JSON; StepFailed names the status, or the code of the failure, when it is not as wanted. */
  async json<T>(url: string, asked: Asked): Promise<T> {
    const bytes = await this.bytes(url, asked);
    try {
      return JSON.parse(bytes.toString("utf8")) as T;
    } catch {
      throw new StepFailed("answer is no JSON");
    }
  }

  /** The answer's body. */
  async bytes(url: string, asked: Asked): Promise<Buffer> {
    const { method = "GET", token, body, contentType = "application/json", signal } = asked;
    const { forwardedFor } = asked;
    const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const { statusCode, body: answer } = await request(url, {
      method,
      dispatcher: this.#agent,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }),
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(payload === undefined ? {} : { body: payload }),
      signal,
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (bytes.length > ANSWER_BYTES_MAX) throw new StepFailed("answer is too large");
    if (statusCode === asked.status) return bytes;
    throw new StepFailed(`status ${statusCode}${sentenceOf(bytes)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** What a service or the platform says in its error, without what differs each time. */
function sentenceOf(bytes: Buffer): string {
  const [, message] = /"(?:message|error)":"([^"]*)"/.exec(bytes.toString("utf8", 0, 1_000)) ?? [];
  return message === undefined ? "" : `: ${message.replaceAll(/[\w-]*\d[\w-]*/g, "N")}`;
}

/** Fails the step unless the answer is as it must be. */
export function expectThat(isSo: boolean, because: string): asserts isSo {
  if (!isSo) throw new StepFailed(`wrong answer: ${because}`);
}
