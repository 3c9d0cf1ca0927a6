import { Agent, request } from "node:http";
import type { Random } from "../../core/std/random.ts";
import { CLAIM } from "./claim-ledger.ts";
import { type CutMoment, cutOff } from "./cut-off.ts";

export interface ClaimantsOptions {
  readonly url: string;
  /** A token that may allocate. */
  readonly token: string;
  readonly fleet: string;
  readonly clients: number;
  readonly allocations: number;
  /** So many of all calls are cut off in the middle; of those, every other client never comes back. */
  readonly cutShare: number;
  readonly random: Random;
}
interface Answer {
  readonly status: number;
  readonly text: string;
}

const AGAIN_MS = 10;
const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";

/**
 * Matchmakers that do not give up: each request has a key and is sent again under it until it is answered. Beside them,
 * some whose process is killed in the middle of a call; its successor asks again under the same key, or nobody does.
 */
export class Claimants implements Disposable {
  readonly #options: ClaimantsOptions;
  readonly #http: Agent;
  #next = 0;
  /** What each key was answered. */
  readonly answers: Map<string, string> = new Map();
  /** Requests that were sent again because the control plane was away, and answers that none was free. */
  retries = 0;
  none = 0;
  /** Keys whose client never came back. */
  readonly gone: Set<string> = new Set();
  /** How many calls were cut off at which moment. */
  readonly cuts: Map<CutMoment, number> = new Map();

  constructor(options: ClaimantsOptions) {
    this.#options = options;
    this.#http = new Agent({ keepAlive: true, maxSockets: options.clients });
  }

  async run(): Promise<void> {
    const one = async (): Promise<void> => {
      while (this.#next < this.#options.allocations) {
        this.#next += 1;
        const key = `claim-${this.#next}`;
        if (this.#options.random.next() < this.#options.cutShare) await this.#cutOff(key);
        this.answers.set(key, await this.claim(key));
      }
    };
    await Promise.all(Array.from({ length: this.#options.clients }, one));
  }

  /** Asks until it is given a game server; the whole answer. */
  async claim(key: string): Promise<string> {
    for (;;) {
      const answer = await this.send(key, {}).catch(() => undefined);
      if (answer?.status === 201 && answer.text.includes('"state":"Allocated"')) return answer.text;
      if (answer?.status === 201) this.none += 1;
      else this.retries += 1;
      if (answer && answer.status !== 201 && answer.status < 500)
        throw new Error(`${key} was answered ${answer.status}: ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** One request under `key`; `more` makes it another one. */
  send(key: string, more: object): Promise<Answer> {
    const { url } = this.#options;
    const { headers, body } = this.#requestOf(key, more);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const asked = request(url + PATH, { method: "POST", agent: this.#http, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    asked.once("error", reject);
    asked.end(body);
    return promise;
  }

  /** A call that is cut off: of the client that will ask again under `key`, or of one that never does. */
  async #cutOff(key: string): Promise<void> {
    const { url, random } = this.#options;
    const comesBack = random.next() < 0.5;
    const own = comesBack ? key : `gone-${key}`;
    if (!comesBack) this.gone.add(own);
    const { headers, body } = this.#requestOf(own, {});
    const all = { host: new URL(url).host, ...headers, "content-length": `${body.length}` };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `POST ${PATH} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
    const moment = await cutOff(url, request, random);
    this.cuts.set(moment, (this.cuts.get(moment) ?? 0) + 1);
  }

  #requestOf(key: string, more: object): { headers: Record<string, string>; body: string } {
    const { token, fleet } = this.#options;
    const selectors = [{ matchLabels: { "agones.dev/fleet": fleet } }];
    const spec = { selectors, metadata: { annotations: { [CLAIM]: key, ...more } } };
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    };
    return { headers, body: JSON.stringify({ spec }) };
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
  }
}

/** The game server that an answer names. */
export function givenBy(answer: string): string {
  return (JSON.parse(answer) as { status: { gameServerName: string } }).status.gameServerName;
}
