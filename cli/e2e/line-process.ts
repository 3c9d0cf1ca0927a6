import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A writer may have to wait for a control plane that is on its way back. */
const END_WITHIN_MS = 30_000;

/**
 * For tests: a process that says a line when it has begun, goes on until it is told to end, and then prints one line of
 * JSON. It also ends when its input does, so that a test that is killed leaves nothing.
 */
export class LineProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  /** Resolves when it has begun. */
  static async start([program, ...args]: readonly [string, ...string[]]): Promise<LineProcess> {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { done } = await lines.next();
    if (done) throw new Error(`${args.join(" ")} ended before it began`);
    return new LineProcess(child, lines);
  }

  /** Says a line to it. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Tells it to end; the line of JSON that it prints then. What it said before that is of its libraries. */
  async end(): Promise<unknown> {
    this.tell("end");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), END_WITHIN_MS);
    const aside: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) {
        const what = this.#child.spawnargs.join(" ");
        throw new Error(`${what} did not report within ${END_WITHIN_MS} ms: ${aside.join("\n")}`);
      }
      if (!value.startsWith("{")) aside.push(value);
      else {
        clearTimeout(late);
        return JSON.parse(value);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}
