import { Agent, request } from "node:http";
import type { Random } from "../../core/std/random.ts";
import { cutOff } from "../kill/cut-off.ts";

export interface CallerOptions {
  readonly url: string;
  /** A token that may allocate. */
  readonly token: string;
  readonly random: Random;
  /** So many calls are cut off in the middle, and made again under the same key. */
  readonly cutShare: number;
  /** So many of those clients never come back; their outcome stays unknown. */
  readonly goneMax: number;
}
export interface Call {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  /** The same call again is the same request. */
  readonly key: string;
  readonly body: object;
  /** That there was nothing to give. */
  readonly isNone: (answer: Answer) => boolean;
}
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const AGAIN_MS = 10;

/** Makes calls over kills of the control plane, and breaks some of them off itself. */
export class Caller implements Disposable {
  readonly #options: CallerOptions;
  readonly #http = new Agent({ keepAlive: true });
  /** Calls that were cut off, clients that never came back, and calls that were made again. */
  cut = 0;
  gone = 0;
  again = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /**
   * The answer, however often it takes; undefined for a client that never came back. A call that was cut off may still
   * have its effect later than one that is made again and finds nothing: so it is made until it is given something.
   */
  async call(call: Call): Promise<Answer | undefined> {
    const { random, cutShare, goneMax } = this.#options;
    const isCut = call.method === "POST" && random.next() < cutShare;
    if (isCut) await this.#cutOff(call);
    if (isCut && this.gone < goneMax && random.next() < 0.5) {
      this.gone += 1;
      return undefined;
    }
    for (;;) {
      const answer = await this.#send(call).catch(() => undefined);
      const isAnswer = answer !== undefined && answer.status < 500;
      if (isAnswer && !(isCut && call.isNone(answer))) return answer;
      this.again += 1;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
  }

  async #cutOff({ method, path, key, body }: Call): Promise<void> {
    const { url, random } = this.#options;
    this.cut += 1;
    const text = JSON.stringify(body);
    const all = { host: new URL(url).host, ...this.#headers(key, text) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await cutOff(url, `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`, random);
  }

  #send({ method, path, key, body }: Call): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const text = JSON.stringify(body);
    const how = { method, agent: this.#http, headers: this.#headers(key, text) };
    const asked = request(this.#options.url + path, how, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    asked.once("error", reject);
    asked.end(text);
    return promise;
  }

  #headers(key: string, text: string): Record<string, string> {
    return {
      authorization: `Bearer ${this.#options.token}`,
      "content-type": "application/json",
      "content-length": `${text.length}`,
      "idempotency-key": key,
    };
  }
}
