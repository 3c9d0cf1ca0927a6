import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { LinkEvent, LinkResult, Report, SdkCall } from "../../core/model/link.ts";
import type { NodeStatus } from "../../core/model/node.ts";

export interface FakeNodeOptions {
  /** Where the control plane is: `http://127.0.0.1:8700`. */
  readonly url: string;
  /** The agent's token. */
  readonly token: string;
  readonly name: string;
  readonly status: NodeStatus;
  readonly onEvent: (event: LinkEvent) => void;
}

const AGAIN_MS = 50;
const HEARTBEAT_MS = 2_000;

/** One machine as the control plane sees it: heartbeats, the watch of its resources, batches of reports and SDK calls. */
export class FakeNode {
  readonly #options: FakeNodeOptions;
  readonly #http = new Agent({ keepAlive: true, maxSockets: 2 });

  constructor(options: FakeNodeOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Lives until the signal ends it. A watch that breaks off (the control plane was killed) starts with a full list. */
  async run(signal: AbortSignal): Promise<void> {
    const beat = async (): Promise<void> => {
      const { status } = this.#options;
      await this.#post("heartbeat", { ...status, heartbeatAt: new Date().toISOString() });
    };
    const beats = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MS);
    while (!signal.aborted) {
      try {
        await beat();
        await this.#watch(signal);
      } catch {
        // The control plane is away; what it sends when it is back tells everything.
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    clearInterval(beats);
    this.#http.destroy();
  }

  async report(reports: readonly Report[]): Promise<readonly LinkResult[]> {
    return (await this.#post("reports", { reports })).results ?? [];
  }

  async sdk(calls: readonly SdkCall[]): Promise<readonly LinkResult[]> {
    return (await this.#post("sdk", { calls })).results ?? [];
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { onEvent } = this.#options;
    const answer = await this.#open("GET", "watch?kinds=GameServer", undefined, signal);
    let rest = "";
    for await (const chunk of answer.setEncoding("utf8")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onEvent(JSON.parse(line) as LinkEvent);
    }
  }

  async #post(path: string, body: object): Promise<{ results?: readonly LinkResult[] }> {
    const answer = await this.#open("POST", path, JSON.stringify(body));
    const chunks: string[] = await answer.setEncoding("utf8").toArray();
    const text = chunks.join("");
    if (answer.statusCode !== 200)
      throw new Error(`${path} of ${this.name}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }

  async #open(
    method: string,
    path: string,
    body?: string,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const { url, token, name } = this.#options;
    const asked = request(`${url}/link/v1/nodes/${name}/${path}`, {
      method,
      // A watch stays open: it has a connection of its own.
      ...(body === undefined ? { agent: false } : { agent: this.#http }),
      ...(signal ? { signal } : {}),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
    asked.end(body);
    const [answer] = await once(asked, "response");
    return answer as IncomingMessage;
  }
}
