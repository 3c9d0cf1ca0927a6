import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerPlan, Limits } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import type { ImageStore } from "../image/image-store.ts";
import type {
  ContainerDriver,
  ContainerStats,
  ExecSession,
  ExitStatus,
  FoundContainer,
  LogLine,
  LogOptions,
  RunningContainer,
} from "./driver.ts";
import { KeptLogs } from "./kept-logs.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { environmentOf, type HostPrograms, hostWords, wordsOf } from "./process-command.ts";
import { ProcessExec } from "./process-exec.ts";
import { ProcessFiles } from "./process-files.ts";
import { ProcessLife } from "./process-life.ts";
import type { ProcessTable } from "./process-table.ts";
import { readLog } from "./read-log.ts";

export interface ProcessDriverOptions {
  /** Holds `containers/` and `logs/`. */
  readonly folder: string;
  readonly images: ImageStore;
  readonly table: ProcessTable;
  readonly host: HostPrograms;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of each of a container's two log files. */
  readonly logBytesMax: number;
  /** Of each of the files that a game prints into, between two looks. */
  readonly rawBytesMax: number;
  readonly removedLogsMax: number;
  /** How often logs and adopted processes are looked at. */
  readonly pollMs: number;
  readonly killWaitMs: number;
}

/**
 * Containers that are plain child processes, for a laptop without root or without Linux. They outlive us: a shell beside
 * each writes down how it ended, and whoever opens the driver next adopts them by pid and start time. A process that
 * leaves the game's process group (by setsid) is not found again and may stay behind.
 */
export class ProcessDriver implements ContainerDriver {
  readonly name = "process";
  readonly isolation: string =
    "none: games are plain processes of this user, without limits, network or root folder of their own";
  readonly #options: ProcessDriverOptions;
  readonly #files: ProcessFiles;
  readonly #logs: KeptLogs;
  readonly #lives = new Map<string, ProcessLife>();
  readonly #locks = new KeyedLock();
  readonly #listeners = new Set<(id: string, exit: ExitStatus) => void>();
  readonly #stopped = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  private constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#files = new ProcessFiles(join(options.folder, "containers"));
    this.#logs = new KeptLogs(join(options.folder, "logs"), options.removedLogsMax);
  }

  /** Opens the driver and adopts what an earlier one left running. */
  static async open(options: ProcessDriverOptions): Promise<ProcessDriver> {
    const driver = new ProcessDriver(options);
    await mkdir(driver.#files.folder, { recursive: true, mode: 0o700 });
    for (const id of await driver.#files.ids()) await driver.#adopt(id);
    await driver.#logs.find(new Set(driver.#lives.keys()));
    driver.#watching = driver.#watch();
    return driver;
  }

  start(plan: ContainerPlan): Promise<RunningContainer> {
    return this.#locks.run(plan.id, async () => {
      const known = this.#lives.get(plan.id)?.running;
      if (known) return known;
      refuseMounts(plan);
      const { images, host, clock } = this.#options;
      const home = this.#files.work(plan.id);
      const { kept, words } = await images.keepWhile(async () => {
        const image = await images.resolve(plan.image);
        const environment = environmentOf(plan, image, { path: host.path, home });
        const begun = { plan, startedAt: clock.now(), image, environment };
        await this.#files.begin(begun);
        return { kept: begun, words: await hostWords(wordsOf(plan, image), image, host) };
      });
      const logFolder = await this.#logs.make(plan.id);
      this.#lives.get(plan.id)?.[Symbol.dispose]();
      const life = new ProcessLife({ ...this.#lifeOptions(), kept, logFolder });
      this.#lives.set(plan.id, life);
      return await life.start(words).catch(async (error: unknown) => {
        await this.#forget(plan.id, life);
        const message = `cannot start ${words[0]}: ${messageOf(error)}`;
        throw new FleetError("FAILED_PRECONDITION", message, { container: plan.id }, error);
      });
    });
  }

  stop(id: string, graceMs: number): Promise<void> {
    return this.#locks.run(id, async () => this.#lives.get(id)?.stop(graceMs));
  }

  remove(id: string): Promise<void> {
    return this.#locks.run(id, async () => {
      const life = this.#lives.get(id);
      if (life?.running)
        throw new FleetError("FAILED_PRECONDITION", `container ${id} runs: stop it first`, { id });
      if (life) await this.#forget(id, life);
      await this.#files.remove(id);
      await this.#logs.keep(id);
    });
  }

  async find(): Promise<readonly FoundContainer[]> {
    return [...this.#lives.values()].map((life) => life.found());
  }

  /** Nothing limits plain processes: `isolation` says so. */
  async limit(id: string, _limits: Limits): Promise<void> {
    this.#known(id);
  }

  async exec(
    id: string,
    argv: readonly string[],
    _options: { readonly tty: boolean },
  ): Promise<ExecSession> {
    const life = this.#known(id);
    if (!life.running)
      throw new FleetError("FAILED_PRECONDITION", `container ${id} does not run`, { id });
    if (argv.length === 0) throw new FleetError("BAD_REQUEST", "no command to run");
    const { images, host } = this.#options;
    const { plan, image = await images.resolve(plan.image), environment: env } = life.kept;
    const words = await hostWords(argv, image, host);
    const session = await ProcessExec.start(words, { cwd: this.#files.work(id), env });
    life.keep(session);
    return session;
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    const { clock, pollMs } = this.#options;
    if (!(await this.#logs.has(id)))
      throw new FleetError("NOT_FOUND", `there is no log of container ${id}`, { id });
    await this.#lives.get(id)?.pump();
    const folder = this.#logs.folderOf(id);
    const isOver = (): boolean => !this.#lives.get(id)?.running;
    yield* readLog({ ...options, folder, clock, pollMs, isOver });
  }

  async stats(): Promise<readonly ContainerStats[]> {
    const running = [...this.#lives].flatMap(([id, { running: r }]) =>
      r ? [{ id, group: r.pid }] : [],
    );
    const usage = await this.#options.table.groups(new Set(running.map(({ group }) => group)));
    return running.flatMap(({ id, group }) => {
      const used = usage.get(group);
      return used ? [{ id, ...used, details: {} }] : [];
    });
  }

  onExit(listener: (id: string, exit: ExitStatus) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Folders go when nothing is in them; logs stay. */
  async uninstall(): Promise<void> {
    await rmdir(this.#files.folder).catch(() => undefined);
  }

  /** Lets go of everything; what runs goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    for (const life of this.#lives.values()) life[Symbol.dispose]();
  }

  #known(id: string): ProcessLife {
    const life = this.#lives.get(id);
    if (life) return life;
    throw new FleetError("NOT_FOUND", `there is no container ${id}`, { id });
  }

  async #forget(id: string, life: ProcessLife): Promise<void> {
    life[Symbol.dispose]();
    if (this.#lives.get(id) === life) this.#lives.delete(id);
    await this.#files.remove(id);
  }

  async #adopt(id: string): Promise<void> {
    const kept = await this.#files.plan(id);
    // No plan: its start had not got far enough to run anything.
    if (kept === undefined) return await this.#files.remove(id);
    const logFolder = await this.#logs.make(id);
    const life = new ProcessLife({ ...this.#lifeOptions(), kept, logFolder });
    this.#lives.set(id, life);
    await life.adopt();
  }

  #lifeOptions(): Omit<ConstructorParameters<typeof ProcessLife>[0], "kept" | "logFolder"> {
    const onEnd = (id: string, exit: ExitStatus): void => {
      for (const listener of this.#listeners) listener(id, exit);
    };
    return { ...this.#options, files: this.#files, onEnd };
  }

  /** The one loop: takes what games print and sees adopted ones end. */
  async #watch(): Promise<void> {
    const { clock, pollMs, logger } = this.#options;
    while (!this.#stopped.signal.aborted) {
      for (const [id, life] of this.#lives)
        await life.look().catch((error: unknown) => {
          logger.warn({ container: id, error: messageOf(error) }, "could not look at a container");
        });
      await clock.sleep(pollMs, this.#stopped.signal).catch(() => undefined);
    }
  }
}

function refuseMounts({ id, mounts }: ContainerPlan): void {
  const [first] = mounts;
  if (first === undefined) return;
  const message = `the process driver cannot show volume ${first.name} at ${first.mountPath}: it has no mounts`;
  throw new FleetError("UNSUPPORTED", message, { container: id });
}
