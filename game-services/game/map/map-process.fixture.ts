import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Backend } from "./backend.fixture.ts";
import type { Serving } from "./serve-maps.fixture.ts";

const PROGRAM = join(import.meta.dirname, "serve-maps.fixture.ts");

/** A line of its log. */
export type Fact = Readonly<Record<string, unknown>> & { readonly fact: string };

/** A server of maps in a process of its own. */
export class MapProcess implements AsyncDisposable {
  readonly facts: Fact[] = [];
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly metricsPort: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, facts: Fact[], listening: Fact) {
    this.#child = child;
    this.facts = facts;
    this.webSocketPort = Number(listening.webSocketPort);
    this.udpPort = Number(listening.udpPort);
    this.metricsPort = Number(listening.metricsPort);
  }

  static async start(backend: Backend, changes: Partial<Serving> = {}): Promise<MapProcess> {
    const serving: Serving = {
      loginUrl: backend.login.url,
      roomUrl: backend.service.url,
      roomToken: backend.operatorToken,
      joinKeys: [backend.signer.publicKey],
      uid: "uid-1",
      ticksPerSecond: 20,
      ...changes,
    };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(serving)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const facts: Fact[] = [];
    const listening = Promise.withResolvers<Fact>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const fact = JSON.parse(line) as Fact;
      facts.push(fact);
      if (fact.fact === "listening") listening.resolve(fact);
    });
    child.once("exit", (code) => listening.reject(new Error(`it ended with ${code}`)));
    return new MapProcess(child, facts, await listening.promise);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its exit code; null when a signal ended it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    if (!this.isAlive) return this.#child.exitCode;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
