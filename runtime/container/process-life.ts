import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/std/clock.ts";
import type { ExecSession, ExitStatus, FoundContainer, RunningContainer } from "./driver.ts";
import { ID_VARIABLE } from "./process-command.ts";
import type { KeptPlan, KeptRun, ProcessFiles } from "./process-files.ts";
import { groupGone, sendSignal } from "./process-group.ts";
import type { ProcessTable } from "./process-table.ts";
import { SHELL, wrapperArguments, wrapperName } from "./process-wrapper.ts";
import { RawLogs } from "./raw-logs.ts";

export interface ProcessLifeOptions {
  readonly kept: KeptPlan;
  readonly files: ProcessFiles;
  readonly logFolder: string;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly logBytesMax: number;
  readonly rawBytesMax: number;
  readonly killWaitMs: number;
  readonly onEnd: (id: string, exit: ExitStatus) => void;
}

/** How often an adopted process is asked for; most ends are seen at once, by the file that its wrapper writes. */
const LOOK_EVERY_MS = 1_000;
const ADDRESS = "127.0.0.1";
/** How often an ending group is looked at. */
const GROUP_POLL_MS = 5;
/** A wrapper that has written the exit ends within a moment. */
const LAST_MOMENT_MS = 2_000;

/** One container from its start, or from being found, to its end. */
export class ProcessLife implements Disposable {
  readonly kept: KeptPlan;
  readonly #options: ProcessLifeOptions;
  readonly #id: string;
  readonly #raw: RawLogs;
  readonly #sessions = new Set<ExecSession>();
  readonly #started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #run: KeptRun | undefined;
  #child: ChildProcess | undefined;
  #watcher: FSWatcher | undefined;
  #exit: ExitStatus | undefined;
  #ending: Promise<void> | undefined;
  #lookedAt = 0;
  #killed: string | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #isDisposed = false;

  constructor(options: ProcessLifeOptions) {
    const { kept, files, logFolder, logBytesMax, rawBytesMax, clock } = options;
    this.#options = options;
    this.kept = kept;
    this.#id = kept.plan.id;
    const rawFolder = files.raw(this.#id);
    const now = (): number => clock.now();
    this.#raw = new RawLogs({ rawFolder, logFolder, logBytesMax, rawBytesMax, now });
  }

  get running(): RunningContainer | undefined {
    if (this.#run === undefined || this.#exit !== undefined) return undefined;
    const { startedAt } = this.kept;
    return { id: this.#id, pid: this.#run.pid, address: ADDRESS, startedAt };
  }

  found(): FoundContainer {
    const { running } = this;
    return {
      plan: this.kept.plan,
      ...(running ? { running } : {}),
      ...(this.#exit ? { exit: this.#exit } : {}),
    };
  }

  async start(words: readonly string[]): Promise<RunningContainer> {
    const { files, table, kept } = this.#options;
    const args = wrapperArguments(this.#id, files.of(this.#id), words);
    const child = spawn(SHELL, args, {
      cwd: files.work(this.#id),
      env: kept.environment,
      detached: true,
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    child.once("exit", (_, signal) => void this.#end(signal ?? undefined));
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    this.#child = child;
    child.unref();
    await untilClosed(child);
    // One that has ended already has no identity any more, and needs none.
    this.#run = { pid, identity: (await table.identity(pid)) ?? "" };
    await files.writeRun(this.#id, this.#run);
    this.#started.resolve();
    return { id: this.#id, pid, address: ADDRESS, startedAt: kept.startedAt };
  }

  /** Finds out what became of it while nobody watched. */
  async adopt(): Promise<void> {
    const { files } = this.#options;
    this.#started.resolve();
    this.#run = (await files.run(this.#id)) ?? (await this.#runByName());
    if (this.#run && (await this.#isAlive(this.#run))) {
      this.#watcher = watch(files.of(this.#id), (_, name) => {
        // What fails here is tried again, and then said, by the next look.
        if (name === "exit") this.#lookForEnd().catch(() => undefined);
      });
      this.#watcher.on("error", () => undefined);
      return;
    }
    await this.#pump(true);
    const finishedAt = this.#options.clock.now();
    this.#exit = (await files.exit(this.#id)) ?? { oomKilled: false, finishedAt };
    await this.#sweep();
    this.#ended.resolve();
  }

  /** Called again and again: takes what was printed, and sees an adopted process end. */
  async look(): Promise<void> {
    if (this.#isDisposed || this.#exit) return;
    await this.pump();
    const now = this.#options.clock.monotonic();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    await this.#lookForEnd();
  }

  /** TERM to all of its group; after the grace its wrapper is told to kill; then nobody of the group is left. */
  async stop(graceMs: number): Promise<void> {
    const { table, clock, killWaitMs } = this.#options;
    // Signals go to numbers: the process behind it must still be the one that was adopted.
    await this.#lookForEnd();
    const pid = this.running?.pid;
    if (pid === undefined) return await this.#ending;
    if (graceMs > 0 && sendSignal(-pid, "SIGTERM")) await this.#endedWithin(graceMs);
    if (!this.#exit) {
      sendSignal(pid, "SIGQUIT");
      await this.#endedWithin(killWaitMs);
    }
    // A wrapper that was killed or is stopped cannot do it: then the group is ended from outside.
    if (!this.#exit && sendSignal(-pid, "SIGKILL")) this.#killed = "SIGKILL";
    await groupGone(table, pid, { clock, killWaitMs, pollMs: GROUP_POLL_MS });
    await this.#lookForEnd();
    await this.#endedWithin(LAST_MOMENT_MS);
  }

  /** Ends a command when the container ends. */
  keep(session: ExecSession): void {
    this.#sessions.add(session);
    void session.exit.finally(() => this.#sessions.delete(session));
  }

  /** Takes what was printed into the log. */
  pump(): Promise<void> {
    return this.#pump(false);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#watcher?.close();
    void this.#pumping.catch(() => undefined).finally(() => this.#raw[Symbol.dispose]());
  }

  /** One after the other, whoever asks: two at once would take the same bytes twice. One that failed stops no later one. */
  #pump(isLast: boolean): Promise<void> {
    const before = this.#pumping.catch(() => undefined);
    this.#pumping = before.then(() => (this.#isDisposed ? undefined : this.#raw.pump(isLast)));
    return this.#pumping;
  }

  async #endedWithin(ms: number): Promise<void> {
    const late = new AbortController();
    const sleep = this.#options.clock.sleep(ms, late.signal).catch(() => undefined);
    await Promise.race([this.#ended.promise, sleep]);
    late.abort();
  }

  async #isAlive({ pid, identity }: KeptRun): Promise<boolean> {
    return (await this.#options.table.identity(pid)) === identity;
  }

  /** Of an adopted process: a child's end is told by Node. */
  async #lookForEnd(): Promise<void> {
    if (this.#isDisposed || this.#child || this.#exit || this.#run === undefined) return;
    const until = this.#options.clock.monotonic() + LAST_MOMENT_MS;
    while (await this.#isAlive(this.#run)) {
      const isWritten = (await this.#options.files.exit(this.#id)) !== undefined;
      if (!isWritten || this.#options.clock.monotonic() > until) return;
      await this.#options.clock.sleep(GROUP_POLL_MS);
    }
    await this.#end(this.#killed);
  }

  #end(signal: string | undefined): Promise<void> {
    this.#ending ??= this.#finish(signal);
    return this.#ending;
  }

  /** `signal` is what ended the wrapper, which is the whole answer when it could not write another. */
  async #finish(signal: string | undefined): Promise<void> {
    if (this.#isDisposed) return;
    const { files, clock, onEnd } = this.#options;
    const written = await files.exit(this.#id);
    if (!written) await this.#sweep();
    await this.#groupGone();
    await this.#pump(true).catch(() => undefined);
    for (const session of this.#sessions) session[Symbol.dispose]();
    this.#watcher?.close();
    const unknown = { oomKilled: false, finishedAt: clock.now() };
    this.#exit = written ?? (signal === undefined ? unknown : { ...unknown, signal });
    this.#ended.resolve();
    // Whoever started it hears of the start first, however short its life was.
    await this.#started.promise;
    await setImmediate();
    onEnd(this.#id, this.#exit);
  }

  /** A wrapper that was killed could not end its group: members are told by the mark in their environment. */
  async #sweep(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    const row = `${ID_VARIABLE}=${this.#id}`;
    for (const pid of await this.#options.table.marked(group, row)) sendSignal(pid, "SIGKILL");
  }

  /** A program may be over before its start is noted. */
  #group(): number | undefined {
    return this.#run?.pid ?? this.#child?.pid;
  }

  /** Killed members take a moment to go. One that the kernel does not let go of is not waited for: the end is told all the same. */
  async #groupGone(): Promise<void> {
    const group = this.#group();
    if (group === undefined) return;
    const { table, clock } = this.#options;
    const options = { clock, killWaitMs: LAST_MOMENT_MS, pollMs: GROUP_POLL_MS };
    await groupGone(table, group, options).catch(() => undefined);
  }

  /** We died between starting it and writing run.json: its wrapper wrote its pid, and carries the container's name. */
  async #runByName(): Promise<KeptRun | undefined> {
    const { files, table } = this.#options;
    const pid = await files.pid(this.#id);
    if (pid === undefined || !(await table.command(pid)).includes(wrapperName(this.#id)))
      return undefined;
    const identity = await table.identity(pid);
    if (identity === undefined) return undefined;
    await files.writeRun(this.#id, { pid, identity });
    return { pid, identity };
  }
}

/** The wrapper and the game's process let go of descriptor 3 when the game is about to be executed. */
async function untilClosed({ stdio }: ChildProcess): Promise<void> {
  const pipe = stdio[3];
  if (!(pipe instanceof Readable)) return;
  pipe.resume();
  if (!pipe.closed) await once(pipe, "close");
}
