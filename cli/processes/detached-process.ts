import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../core/std/clock.ts";
import { isObject } from "../../core/std/json.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { Linux } from "../../runtime/linux/linux.ts";
import { isAlive } from "../../runtime/linux/proc-stat.ts";

export interface DetachedOptions {
  readonly name: string;
  /** Program and arguments, whole. */
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** One that runs with another generation is ended and replaced; with the same one it stays, whoever started it. */
  readonly generation: string;
  /** Where `<name>.json` says which process it is. */
  readonly runFolder: string;
  readonly logFolder: string;
  readonly linux: Linux;
  readonly clock: Clock;
  readonly logger: Logger;
}
interface Mark {
  readonly pid: number;
  readonly startTicks: string;
  /** Absent in what a release before generations wrote: it stays. */
  readonly generation: string | undefined;
}
const LOOK_EVERY_MS = 200;
const END_GRACE_MS = 5_000;
const REPLACE_GRACE_MS = 2_000;

/** A process that outlives the one that started it: found again by pid and start time, started again when it is gone. */
export class DetachedProcess {
  readonly #options: DetachedOptions;
  #replacedAt: number | undefined;

  constructor(options: DetachedOptions) {
    this.#options = options;
  }

  /** The process id, while it runs. */
  pid(): number | undefined {
    const mark = this.#readMark();
    return mark && this.#is(mark) ? mark.pid : undefined;
  }

  /** Starts it unless it runs. True when it was started. One of another generation is told to end, and followed later. */
  ensure(): boolean {
    if (this.#isOutdated()) return false;
    if (this.pid() !== undefined || this.#findUnmarked()) return false;
    const { argv, env, logFolder, name } = this.#options;
    const [program, ...args] = argv;
    const log = openSync(join(logFolder, `${name}.log`), "a", 0o600);
    const child = spawn(program, args, { env, detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    child.once("error", (error) =>
      this.#options.logger.error({ error: error.message, program }, `could not start the ${name}`),
    );
    child.unref();
    if (child.pid === undefined) return false;
    this.#writeMark(child.pid);
    return true;
  }

  /** Keeps it running until `signal` is aborted; calls `onStarted` after each start that followed a death. */
  async keep(signal: AbortSignal, onStarted: () => void): Promise<void> {
    const { clock, logger, name } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted || !this.ensure()) continue;
      logger.warn({ pid: this.pid() }, `the ${name} was gone and is started again`);
      onStarted();
    }
  }

  /** TERM, then KILL; resolves when it is gone. */
  async end(): Promise<void> {
    const { linux, clock } = this.#options;
    if (this.pid() === undefined) this.#findUnmarked();
    const mark = this.#readMark();
    const until = clock.monotonic() + END_GRACE_MS;
    for (let signal: NodeJS.Signals | 0 = "SIGTERM"; mark && this.#is(mark); ) {
      if (signal !== 0) linux.kill(mark.pid, signal);
      signal = clock.monotonic() > until ? "SIGKILL" : 0;
      await clock.sleep(10);
    }
    rmSync(this.#path(), { force: true });
  }

  /** True while one of another generation is on its way out. */
  #isOutdated(): boolean {
    const { generation, linux, clock, logger, name } = this.#options;
    const mark = this.#readMark();
    const isOther = mark?.generation !== undefined && mark.generation !== generation;
    if (!mark || !isOther || !this.#is(mark)) return false;
    const isFirst = this.#replacedAt === undefined;
    this.#replacedAt ??= clock.monotonic();
    const isLate = clock.monotonic() - this.#replacedAt > REPLACE_GRACE_MS;
    if (isFirst)
      logger.info({ pid: mark.pid }, `the ${name} is of another release and is replaced`);
    if (isFirst || isLate) linux.kill(mark.pid, isLate ? "SIGKILL" : "SIGTERM");
    return true;
  }

  /** Whoever started it may have died before it wrote the mark: then its command line, which names our folders, tells. */
  #findUnmarked(): boolean {
    const { argv, linux } = this.#options;
    const line = `${argv.join("\0")}\0`;
    const pid = linux.processes().find((one) => linux.read(`/proc/${one}/cmdline`) === line);
    if (pid === undefined) return false;
    this.#writeMark(pid);
    return true;
  }

  #writeMark(pid: number): void {
    const startTicks = this.#options.linux.processStat(pid)?.startTicks ?? "";
    const mark: Mark = { pid, startTicks, generation: this.#options.generation };
    writeFileSync(this.#path(), JSON.stringify(mark), { mode: 0o600 });
    this.#replacedAt = undefined;
  }

  #is({ pid, startTicks }: Mark): boolean {
    const stat = this.#options.linux.processStat(pid);
    return isAlive(stat) && (startTicks === "" || stat.startTicks === startTicks);
  }

  #readMark(): Mark | undefined {
    try {
      const mark: unknown = JSON.parse(readFileSync(this.#path(), "utf8"));
      if (!isObject(mark) || typeof mark.pid !== "number") return undefined;
      const generation = typeof mark.generation === "string" ? mark.generation : undefined;
      return { pid: mark.pid, startTicks: String(mark.startTicks ?? ""), generation };
    } catch {
      return undefined;
    }
  }

  #path(): string {
    const { runFolder, name } = this.#options;
    return join(runFolder, `${name}.json`);
  }
}
