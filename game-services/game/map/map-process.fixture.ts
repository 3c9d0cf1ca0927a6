import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Backend } from "./backend.fixture.ts";
import type { Serving } from "./serve-maps.fixture.ts";

const PROGRAM = join(import.meta.dirname, "serve-maps.fixture.ts");

const FACTS_MAX = 10_000;

/** A line of its log. */
export type Fact = Readonly<Record<string, unknown>> & { readonly fact: string };

/** A server of maps in a process of its own. */
export class MapProcess implements AsyncDisposable {
  /** The last of them. */
  readonly facts: readonly Fact[];
  readonly webSocketPort: number;
  readonly udpPort: number;
  readonly metricsPort: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, facts: readonly Fact[], listening: Fact) {
    this.#child = child;
    this.facts = facts;
    this.webSocketPort = Number(listening.webSocketPort);
    this.udpPort = Number(listening.udpPort);
    this.metricsPort = Number(listening.metricsPort);
  }

  static start(backend: Backend, changes: Partial<Serving> = {}): Promise<MapProcess> {
    return MapProcess.serve({
      loginUrl: backend.login.url,
      roomUrl: backend.service.url,
      roomToken: backend.operatorToken,
      joinKeys: [backend.signer.publicKey],
      uid: "uid-1",
      ticksPerSecond: 20,
      ...changes,
    });
  }

  /** `under` is a command that runs it, such as `taskset`. */
  static async serve(serving: Serving, under: readonly string[] = []): Promise<MapProcess> {
    const [program = "", ...args] = [
      ...under,
      process.execPath,
      ...process.execArgv,
      PROGRAM,
      JSON.stringify(serving),
    ];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    const facts: Fact[] = [];
    const listening = Promise.withResolvers<Fact>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const fact = JSON.parse(line) as Fact;
      if (fact.fact === "listening") listening.resolve(fact);
      facts.push(fact);
      if (facts.length > FACTS_MAX) facts.shift();
    });
    child.once("exit", (code) => listening.reject(new Error(`it ended with ${code}`)));
    return new MapProcess(child, facts, await listening.promise);
  }

  get pid(): number {
    return Number(this.#child.pid);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its exit code, once all of its log is there; null when a signal ended it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    if (!this.isAlive) return this.#child.exitCode;
    const ended = once(this.#child, "close");
    this.#child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
