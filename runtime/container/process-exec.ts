import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { PassThrough } from "node:stream";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { ExecSession } from "./driver.ts";

type Output = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };
/** Pieces that wait for a slow reader; then the program itself waits. */
const PIECES_MAX = 16;

/** A command beside a container's game: the same folder and environment, a process group of its own, no terminal. */
export class ProcessExec implements ExecSession {
  readonly output: AsyncIterable<Output>;
  readonly exit: Promise<number>;
  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(child: ChildProcessWithoutNullStreams) {
    const pieces = new PassThrough({ objectMode: true, highWaterMark: PIECES_MAX });
    this.#child = child;
    this.exit = endOf(child);
    this.output = pieces;
    const both = [feed(child, "stdout", pieces), feed(child, "stderr", pieces)];
    void Promise.all(both).finally(() => pieces.end());
    // Who writes to a program that has ended loses what was written, not more.
    child.stdin.on("error", () => undefined);
  }

  static async start(
    [program, ...args]: readonly [string, ...string[]],
    options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ): Promise<ProcessExec> {
    const child = spawn(program, args, { ...options, detached: true });
    try {
      await once(child, "spawn");
    } catch (error) {
      const message = `exec ${program}: ${messageOf(error)}`;
      throw new FleetError("FAILED_PRECONDITION", message, { program }, error);
    }
    return new ProcessExec(child);
  }

  write(data: Uint8Array): void {
    this.#child.stdin.write(data);
  }

  end(): void {
    this.#child.stdin.end();
  }

  /** There is no terminal whose size could change. */
  resize(): void {}

  [Symbol.dispose](): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself just now.
    }
  }
}

async function feed(
  child: ChildProcessWithoutNullStreams,
  stream: "stdout" | "stderr",
  pieces: PassThrough,
): Promise<void> {
  try {
    for await (const data of child[stream])
      if (!pieces.write({ stream, data })) await once(pieces, "drain");
  } catch {
    // The reader has gone, or the program was killed: there is nobody to tell.
  }
}

/** As a shell says it: the code, or 128 and the signal's number. */
function endOf(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
