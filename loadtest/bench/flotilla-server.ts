import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FLOTILLA = join(import.meta.dirname, "../../bin/flotilla");
const READY_WITHIN_MS = 60_000;

export interface FlotillaServerOptions {
  /** The state folder; must exist. */
  readonly state: string;
  readonly port: number;
  /** For Node itself, such as `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
  /** Where its allocation service listens; nowhere by default. */
  readonly allocatorListen?: string;
}

/** A real `flotilla server`, as it is shipped: its journal on the disk, its rights given up. */
export class FlotillaServer implements AsyncDisposable {
  readonly #options: FlotillaServerOptions;
  readonly #child: ChildProcess;

  private constructor(options: FlotillaServerOptions) {
    const { state, port, nodeFlags, allocatorListen = "off" } = options;
    this.#options = options;
    const where = ["--port", `${port}`, "--allocator-listen", allocatorListen];
    const part = ["server", "--state", state, ...where, "--log-level", "warn"];
    const flags = nodeFlags.length > 0 ? { NODE_OPTIONS: nodeFlags.join(" ") } : {};
    this.#child = spawn(FLOTILLA, part, {
      env: { PATH: process.env.PATH, HOME: state, ...flags },
      stdio: ["ignore", "inherit", "inherit"],
    });
  }

  /** Resolves when it answers. */
  static async start(options: FlotillaServerOptions): Promise<FlotillaServer> {
    const server = new FlotillaServer(options);
    const until = performance.now() + READY_WITHIN_MS;
    while (!(await server.#answers())) {
      if (server.#child.exitCode !== null) throw new Error("flotilla server ended at its start");
      if (performance.now() > until) throw new Error("flotilla server did not answer in time");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  token(scope: "admin" | "allocate" | "agent"): string {
    return readFileSync(join(this.#options.state, `${scope}.token`), "utf8").trim();
  }

  /** One call with the admin token; throws unless it worked. */
  async post(path: string, body: object): Promise<void> {
    const headers = {
      authorization: `Bearer ${this.token("admin")}`,
      "content-type": "application/json",
    };
    const answer = await fetch(this.url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }
}
