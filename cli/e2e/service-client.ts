import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One request on a connection of its own: who answered, in the server's words. `from`: another address of this machine. */
export function ask(port: number, from?: string, path = "/"): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { host: "127.0.0.1", port, path, agent: false, timeout: 10_000 } as const;
  const asked = request({ ...options, ...(from ? { localAddress: from } : {}) }, (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => (text += chunk));
    answer.once("error", reject);
    answer.once("end", () => resolve(`${answer.statusCode} ${text.trim()}`));
  });
  asked.once("timeout", () => asked.destroy(new Error("no answer in time")));
  asked.once("error", reject);
  asked.end();
  return promise;
}

/** How often each answer came. */
export async function askMany(port: number, count: number): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const answer = await ask(port);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  return answers;
}

/** Asks without a pause worth the name until `stop`; what went wrong, and what came. */
export class SteadyRequests {
  readonly failures: string[] = [];
  readonly answers: string[] = [];
  readonly #port: number;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #loops: readonly Promise<void>[];

  constructor(port: number, count: number, path = "/") {
    this.#port = port;
    this.#path = path;
    this.#loops = Array.from({ length: count }, () => this.#loop());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        this.answers.push(await ask(this.#port, undefined, this.#path));
      } catch (error) {
        this.failures.push(String(error));
      }
      await sleep(5);
    }
  }
}
