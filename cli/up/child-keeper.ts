import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { type BackoffOptions, backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { FromChild, ToChild } from "./child-control.ts";
import { RotatingFile } from "./rotating-file.ts";

export interface ChildOptions {
  readonly name: string;
  /** Program and arguments, whole. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly logFolder: string;
  readonly logBytesMax: number;
  readonly clock: Clock;
  readonly backoff: BackoffOptions;
  /** Running for so long forgets earlier ends. */
  readonly steadyMs: number;
  /** Called with a sentence when it ended by itself and will be started again. */
  readonly onRestart: (sentence: string) => void;
}

/** Keeps one part running: starts it, starts it again when it dies (with growing pauses), ends it when told. */
export class ChildKeeper {
  readonly #options: ChildOptions;
  readonly #log: RotatingFile;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #child: ChildProcess | undefined;
  #isReady = false;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#log = new RotatingFile(
      join(options.logFolder, `${options.name}.log`),
      options.logBytesMax,
    );
    this.#ready.promise.catch(() => undefined);
    void this.#keep();
  }

  /** Resolves when it said so for the first time; rejects with its own words when it cannot start. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get logFile(): string {
    return this.#log.path;
  }

  /**
   * Tells it how to end and waits; after `graceMs` it is killed. It is not started again. True when it did as told;
   * false when it had to be killed, failed, or did not run just then.
   */
  async end(how: ToChild["do"], graceMs: number): Promise<boolean> {
    this.#stop.abort(new Error("ending"));
    const child = this.#child;
    const isTold = child?.exitCode === null && child.signalCode === null;
    if (child?.connected) child.send({ do: how } satisfies ToChild, () => undefined);
    const late = setTimeout(() => this.#child?.kill("SIGKILL"), graceMs);
    await this.#ended.promise;
    clearTimeout(late);
    return isTold && child.exitCode === 0;
  }

  async #keep(): Promise<void> {
    const { clock, backoff, steadyMs, name, onRestart } = this.#options;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      const began = clock.monotonic();
      const how = await this.#runOnce();
      if (this.#stop.signal.aborted) break;
      if (clock.monotonic() - began > steadyMs) attempt = 0;
      const pauseMs = backoffMs(attempt, backoff);
      onRestart(`${name} ended (${how}), started again in ${pauseMs} ms`);
      await clock.sleep(pauseMs, this.#stop.signal).catch(() => undefined);
    }
    this.#ready.reject(new FleetError("CANCELLED", `${name} was told to end`));
    this.#log[Symbol.dispose]();
    this.#ended.resolve();
  }

  /** One life; resolves with how it ended. */
  #runOnce(): Promise<string> {
    const { argv, env } = this.#options;
    const [program, ...args] = argv;
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => this.#log.write(chunk));
    child.on("message", (message: FromChild) => this.#heard(message));
    const { promise, resolve } = Promise.withResolvers<string>();
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    return promise;
  }

  #heard(message: FromChild): void {
    if (message.say === "ready") {
      this.#isReady = true;
      this.#ready.resolve();
    }
    if (message.say !== "failed" || this.#isReady) return;
    const { cause, next, problems } = message;
    const details = { next, problems: problems.map((text) => ({ path: "", message: text })) };
    this.#ready.reject(new FleetError("FAILED_PRECONDITION", cause, details));
    this.#stop.abort(new Error("cannot start"));
  }
}
