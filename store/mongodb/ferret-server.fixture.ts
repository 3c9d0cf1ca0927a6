import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const SETUP = join(import.meta.dirname, "..", "..", "setup.mjs");

/** The compiled server, or why there is none on this machine; set-up compiles it when nobody has. */
export async function findFerret(): Promise<{ program: string } | { missing: string }> {
  const { stdout } = await run(process.execPath, [SETUP, "ferretdb"]);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** A real server that speaks MongoDB's protocol, on loopback, with files of its own. */
export class FerretServer implements AsyncDisposable {
  readonly #program: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  /** `mongodb://127.0.0.1:port/`: the same one after a restart. */
  url = "";

  private constructor(program: string) {
    this.#program = program;
    this.#folder = mkdtempSync(join(tmpdir(), "flotilla-ferretdb-"));
  }

  /** One that is to be killed and started again needs a `freePort`, which nobody else is given meanwhile. */
  static async start(program: string, port = 0): Promise<FerretServer> {
    const server = new FerretServer(program);
    await server.start(`127.0.0.1:${port}`);
    return server;
  }

  /** Starts it again after `kill`, where it was. */
  async start(address: string = new URL(this.url).host): Promise<void> {
    const child = spawn(this.#program, [address, this.#folder], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as unknown[];
    if (typeof line !== "string") throw new Error(`FerretDB ended with ${line}`);
    this.url = line;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Takes connections and answers nothing, until SIGCONT. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
