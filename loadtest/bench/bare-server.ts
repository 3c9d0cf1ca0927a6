import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../core/std/free-port.ts";

/** `bare-fastify.ts` as a process of its own: what an answer over HTTP costs on this machine, whatever is answered. */
export class BareServer implements AsyncDisposable {
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
    return `http://127.0.0.1:${this.port}/`;
  }

  /** `page` is a file with what GET answers. */
  static async start(page?: string): Promise<BareServer> {
    const port = await freePort();
    const program = join(import.meta.dirname, "bare-fastify.ts");
    const args = [program, `${port}`, ...(page === undefined ? [] : [page])];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"] });
    const bare = new BareServer(child, port);
    while (!(await bare.#answers())) await setTimeout(20);
    return bare;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error("the bare server has ended");
    return await fetch(this.url).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}
