import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");

/** One of the game's services as a process of its own, ended with SIGTERM. */
export class ServiceProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  get pid(): number {
    return Number(this.#child.pid);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `program` is a path from the root of the project; it tells its port in its log. */
  static async start(
    program: string,
    env: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [...process.execArgv, join(ROOT, program)], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, port } = JSON.parse(line) as { msg: string; port: number };
      if (msg === "listening") return new ServiceProcess(child, port);
    }
    throw new Error(`${program} did not start`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
