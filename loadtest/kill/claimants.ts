import { Agent, request } from "node:http";
import { CLAIM } from "./claim-ledger.ts";

export interface ClaimantsOptions {
  readonly url: string;
  /** A token that may allocate. */
  readonly token: string;
  readonly fleet: string;
  readonly clients: number;
  readonly allocations: number;
}
interface Answer {
  readonly status: number;
  readonly text: string;
}

const AGAIN_MS = 10;
const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";

/** Matchmakers that do not give up: each request has a key and is sent again under it until it is answered. */
export class Claimants implements Disposable {
  readonly #options: ClaimantsOptions;
  readonly #http: Agent;
  #next = 0;
  /** What each key was answered. */
  readonly answers: Map<string, string> = new Map();
  /** Requests that were sent again because the control plane was away, and answers that none was free. */
  retries = 0;
  none = 0;

  constructor(options: ClaimantsOptions) {
    this.#options = options;
    this.#http = new Agent({ keepAlive: true, maxSockets: options.clients });
  }

  async run(): Promise<void> {
    const one = async (): Promise<void> => {
      while (this.#next < this.#options.allocations) {
        this.#next += 1;
        const key = `claim-${this.#next}`;
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
    const { url, token, fleet } = this.#options;
    const selectors = [{ matchLabels: { "agones.dev/fleet": fleet } }];
    const spec = { selectors, metadata: { annotations: { [CLAIM]: key, ...more } } };
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    };
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
    asked.end(JSON.stringify({ spec }));
    return promise;
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
  }
}

/** The game server that an answer names. */
export function givenBy(answer: string): string {
  return (JSON.parse(answer) as { status: { gameServerName: string } }).status.gameServerName;
}
