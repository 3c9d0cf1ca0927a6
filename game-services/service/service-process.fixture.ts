import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const QUIET = "--disable-warning=ExperimentalWarning";

/** For tests and benches: one of the game's services as a process, and what it says. */
export class ServiceProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Resolves when it has ended and all that it said has come, which may be after its exit. */
  readonly #closed: Promise<void>;
  #url: string | undefined;
  said = "";

  /** `program` is a path from the root of the project. It gets no other environment than this one. */
  constructor(
    program: string,
    env: Readonly<NodeJS.ProcessEnv>,
    {
      args = [],
      flags = [],
    }: { readonly args?: readonly string[]; readonly flags?: readonly string[] } = {},
  ) {
    const words = [QUIET, ...flags, resolve(ROOT, program), ...args];
    this.#child = spawn(process.execPath, words, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#closed = new Promise((resolve) => this.#child.once("close", () => resolve()));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk) => {
        this.said += chunk;
      });
  }

  /** Resolves when it listens; it has the environment of this process, too. */
  static async start(program: string, env: Readonly<NodeJS.ProcessEnv>): Promise<ServiceProcess> {
    const service = new ServiceProcess(program, { ...process.env, ...env });
    await service.listening();
    return service;
  }

  get url(): string {
    if (this.#url === undefined) throw new Error("it does not listen yet");
    return this.#url;
  }
  get port(): number {
    return Number(new URL(this.url).port);
  }
  get pid(): number {
    return Number(this.#child.pid);
  }

  /** Where it listens; throws with what it said when it ended instead. */
  async listening(): Promise<string> {
    for (;;) {
      const [, port] = /"port":(\d+),"msg":"listening"/.exec(this.said) ?? [];
      if (port !== undefined) this.#url = `http://127.0.0.1:${port}`;
      if (this.#url !== undefined) return this.#url;
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) {
        await this.#closed;
        throw new Error(this.said);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Its exit code, or the signal that ended it. */
  async ended(signal?: NodeJS.Signals): Promise<number | string | null> {
    if (signal) this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ended("SIGTERM");
  }
}
