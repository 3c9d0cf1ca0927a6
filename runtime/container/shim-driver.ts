import { mkdir } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import type { ContainerPlan, Limits } from "../../core/model/container-plan.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, isFleetError } from "../../core/std/errors.ts";
import type { Logger } from "../../core/std/logger.ts";
import { removeCgroup } from "../cgroup/instance.ts";
import type { CgroupLayout } from "../cgroup/layout.ts";
import { cgroupWrites } from "../cgroup/writes.ts";
import type { ImageStore, ResolvedImage } from "../image/image-store.ts";
import type { Linux } from "../linux/linux.ts";
import type { NodeNetwork } from "../network/network.ts";
import type { FoundLease, NetworkWish } from "../network/network-options.ts";
import type { ShimClient, ShimExit } from "../shim/client.ts";
import { seccompFilter } from "../shim/seccomp.ts";
import { decideUserBase } from "./decide-users.ts";
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
import { signalName } from "./exit-file.ts";
import { demandSecrets, giveVolumes } from "./give-volumes.ts";
import { HostsFiles, type NetworkMember } from "./hosts-files.ts";
import { KeptLogs } from "./kept-logs.ts";
import { KeyedLock } from "./keyed-lock.ts";
import { readLog } from "./read-log.ts";
import { type KeptContainer, ShimFiles } from "./shim-files.ts";
import type { ShimLine } from "./shim-line.ts";
import { createRequestOf, mountsOf, programOf } from "./shim-request.ts";
import { ShimStats } from "./shim-stats.ts";

export interface ShimDriverOptions {
  readonly instance: string;
  /** The state folder: `containers/`, `volumes/`, `secrets/` and `hosts/` lie in it. */
  readonly folder: string;
  readonly line: ShimLine;
  readonly network: NodeNetwork;
  readonly images: ImageStore;
  readonly layout: CgroupLayout;
  readonly linux: Linux;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What a plan's network is; undefined when there is none of that name. */
  readonly networkOf: (name: ContainerPlan["network"]) => NetworkWish | undefined;
  /** Services that have an address, by the names that containers of their networks know them by. */
  readonly services: () => Promise<readonly NetworkMember[]>;
  /** The control plane's address for containers that may reach it; undefined where none can. */
  readonly platformApi: string | undefined;
  /** Called when a container has its address and before it can speak. */
  readonly onAddress: (
    plan: ContainerPlan,
    where: { address: string; gateway: string },
  ) => Promise<void>;
  readonly removedLogsMax: number;
  readonly logPollMs: number;
  readonly killWaitMs: number;
}

interface Life {
  kept: KeptContainer;
  exit?: ExitStatus;
  /** Its start has failed: what is still heard of it is nobody's business. */
  isGivenUp?: boolean;
  readonly ended: PromiseWithResolvers<void>;
}
interface Begun {
  readonly life: Life;
  readonly image: ResolvedImage;
  readonly where: { readonly address: string; readonly gateway: string };
}
const STARTS_MAX = 3;
const HOSTS_DELAY_MS = 20;
const HOSTS_BYTES_MAX = 64 * 1024 * 1024;

/** Isolated containers through the C shim: namespaces, cgroups, seccomp, a network of their own. */
export class ShimDriver implements ContainerDriver {
  readonly name = "shim";
  readonly isolation: string;
  readonly #options: ShimDriverOptions;
  readonly #files: ShimFiles;
  readonly #logs: KeptLogs;
  readonly #stats: ShimStats;
  readonly #hosts: HostsFiles;
  readonly #lives = new Map<string, Life>();
  readonly #locks = new KeyedLock();
  readonly #listeners = new Set<(id: string, exit: ExitStatus) => void>();
  readonly #seccomp = seccompFilter(process.arch);

  private constructor(options: ShimDriverOptions, hasUserNamespaces: boolean) {
    const { folder, linux, layout, instance, line } = options;
    this.#options = options;
    this.#files = new ShimFiles(join(folder, "containers"));
    this.#hosts = new HostsFiles({
      ...options,
      folder: hostsFolder(folder),
      delayMs: HOSTS_DELAY_MS,
    });
    this.#logs = new KeptLogs(this.#files.folder, options.removedLogsMax);
    this.#stats = new ShimStats({ linux, layout, instance });
    const users = hasUserNamespaces ? ", users" : " (users: unprivileged ones of the host)";
    this.isolation = `own mounts, processes, network, host name, IPC${users}; cgroup ${layout.version}; seccomp`;
    line.onExited(({ id, ...exit }) => this.#ended(id, exit));
    line.onConnected((client) => this.#watchAll(client));
  }

  /**
   * Opens the driver: adopts what runs, takes away what is half made, brings the network to what is kept. Each step may be
   * repeated, and is when a shim dies under it; UNAVAILABLE when they die faster than it can be done.
   */
  static async open(options: ShimDriverOptions): Promise<ShimDriver> {
    const { userNamespaces } = await options.line.ask((client) => client.hello());
    await setHostsMemory(options, HOSTS_BYTES_MAX);
    const driver = new ShimDriver(options, userNamespaces);
    const found = await driver.#files.all();
    await options.network.ensure(found.map(leaseOf));
    for (const kept of found) await driver.#adopt(kept);
    const there = new Set(driver.#lives.keys());
    await options.network.releaseAllBut(there);
    await driver.#logs.find(there);
    return driver;
  }

  /** `services` says something else: containers get to know it. */
  namesChanged(): void {
    this.#hosts.changed();
  }

  start(plan: ContainerPlan): Promise<RunningContainer> {
    return this.#locks.run(plan.id, async () => {
      const known = this.#lives.get(plan.id);
      if (known && !known.exit) return runningOf(known.kept);
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#start(plan);
        } catch (error) {
          const begun = this.#lives.get(plan.id);
          if (begun) begun.isGivenUp = true;
          await this.#clear(plan.id).catch(() => undefined);
          // The shim died under us: what it had begun is cleared away, and a new one starts afresh.
          if (!isFleetError(error, "UNAVAILABLE") || attempt === STARTS_MAX) throw error;
        }
      }
    });
  }

  stop(id: string, graceMs: number): Promise<void> {
    return this.#locks.run(id, async () => {
      const life = this.#lives.get(id);
      if (!life || life.exit) return;
      const { killWaitMs } = this.#options;
      await this.#tell((client) => client.signal(id, constants.signals.SIGTERM));
      if (await this.#endsWithin(life, graceMs)) return;
      await this.#kill(id);
      const gone = await this.#endsWithin(life, killWaitMs);
      if (!gone)
        throw new FleetError("TIMEOUT", `container ${id} did not end ${killWaitMs} ms after KILL`, {
          id,
        });
    });
  }

  remove(id: string): Promise<void> {
    return this.#locks.run(id, async () => {
      const life = this.#lives.get(id);
      if (life && !life.exit)
        throw new FleetError("FAILED_PRECONDITION", `container ${id} runs: stop it first`, { id });
      await this.#clear(id);
      await this.#logs.keep(id);
    });
  }

  async find(): Promise<readonly FoundContainer[]> {
    return [...this.#lives.values()].map(({ kept, exit }) =>
      exit ? { plan: kept.plan, exit } : { plan: kept.plan, running: runningOf(kept) },
    );
  }

  async limit(id: string, limits: Limits): Promise<void> {
    const writes = cgroupWrites(this.#options.layout, limits);
    await this.#options.line.ask((client) => client.limit(id, writes));
    const life = this.#lives.get(id);
    if (!life) return;
    // Kept without a CPU limit means that the plan has not asked for it yet.
    const plan = {
      ...life.kept.plan,
      cpuLimited: limits.cpuMilli !== 0 || life.kept.plan.limits.cpuMilli === 0,
    };
    life.kept = { ...life.kept, plan };
    await this.#files.write(life.kept);
  }

  async exec(
    id: string,
    argv: readonly string[],
    { tty }: { readonly tty: boolean },
  ): Promise<ExecSession> {
    const life = this.#lives.get(id);
    if (!life) throw new FleetError("NOT_FOUND", `there is no container ${id}`, { id });
    if (life.exit)
      throw new FleetError("FAILED_PRECONDITION", `container ${id} does not run`, { id });
    const { images } = this.#options;
    const { plan, userBase, image = await images.resolve(plan.image) } = life.kept;
    const identity = { user: plan.user, userBase, capabilities: 0, seccomp: this.#seccomp };
    // Only until the connection is there: a program whose start was asked for may have run, and never runs twice.
    const exec = await this.#options.line.ask((client) => client.openExec());
    return await exec.run({ id, ...programOf(plan, image, argv), ...identity, tty });
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
    if (!(await this.#logs.has(id)))
      throw new FleetError("NOT_FOUND", `there is no log of container ${id}`, { id });
    const isOver = (): boolean => this.#lives.get(id)?.exit !== undefined || !this.#lives.has(id);
    const { clock, logPollMs } = this.#options;
    yield* readLog({ ...options, folder: this.#files.of(id), clock, pollMs: logPollMs, isOver });
  }

  async stats(): Promise<readonly ContainerStats[]> {
    const ids = [...this.#lives].filter(([, { exit }]) => !exit).map(([id]) => id);
    return this.#stats.read(ids);
  }

  onExit(listener: (id: string, exit: ExitStatus) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async uninstall(): Promise<void> {
    const { network, linux, layout, instance, clock } = this.#options;
    await network.removeAll();
    await setHostsMemory(this.#options, 0);
    await removeCgroup(linux, layout, { instance }, { clock, triesMax: 100, pauseMs: 10 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.line[Symbol.asyncDispose]();
  }

  async #start(plan: ContainerPlan): Promise<RunningContainer> {
    const { images, network, line, layout, folder } = this.#options;
    const { life, image, where } = await images.keepWhile(() => this.#begin(plan));
    await this.#hosts.add(plan, where.address);
    await this.#options.onAddress(plan, where);
    const place = {
      stateFolder: this.#files.of(plan.id),
      userBase: life.kept.userBase,
      layout,
      seccomp: this.#seccomp,
      network: network.attachFields(plan.id, plan.sdk),
      volumesFolder: join(folder, "volumes"),
      secretsFolder: join(folder, "secrets"),
      hostsFile: this.#hosts.pathOf(plan.id),
    };
    const mounts = mountsOf(plan, place);
    await demandSecrets(mounts.secrets);
    await giveVolumes(mounts.binds, life.kept.userBase + plan.user);
    const client = await line.client();
    const process = await client.create(createRequestOf(plan, image, place));
    // Before anything else may fail: a new shim is told to watch what has a process.
    life.kept = { ...life.kept, process };
    await network.openPorts(plan.id, plan.ports);
    await this.#files.write(life.kept);
    return runningOf(life.kept);
  }

  /** Finds what a container needs here and writes it down: from then on none of it is cleared away or given to another. */
  async #begin(plan: ContainerPlan): Promise<Begun> {
    const { images, network, clock } = this.#options;
    const image = await images.resolve(plan.image);
    const wish = this.#options.networkOf(plan.network);
    if (!wish)
      throw new FleetError(
        "FAILED_PRECONDITION",
        `there is no network ${plan.network.namespace}/${plan.network.name}`,
      );
    await network.ensureNetwork(wish);
    const where = await network.addressFor(plan.id, plan.network, plan.address);
    const [userBase, startedAt] = [this.#userBaseFor(plan), clock.now()];
    const kept: KeptContainer = { plan, address: where.address, userBase, startedAt, image };
    const life: Life = { kept, ended: Promise.withResolvers() };
    // At once, so that no other start takes the same users.
    this.#lives.set(plan.id, life);
    this.#logs.use(plan.id);
    await this.#files.write(kept);
    return { life, image, where };
  }

  /** Takes away all of a container that may be there; it must not run for anybody any more. */
  async #clear(id: string): Promise<void> {
    const { line, network, killWaitMs } = this.#options;
    await this.#kill(id);
    const life = this.#lives.get(id);
    // The shim lets go of what it watches when it has heard of the end, and not before.
    if (life?.kept.process && !life.exit) await this.#endsWithin(life, killWaitMs);
    this.#stats.forget(id);
    await line.ask((client) => client.remove(id, this.#files.of(id), { withLogs: false }));
    await network.release(id);
    await this.#hosts.remove(id);
    await this.#files.forget(id);
    this.#lives.delete(id);
  }

  async #adopt(kept: KeptContainer): Promise<void> {
    const { process, plan } = kept;
    const { id } = plan;
    const life: Life = { kept, ended: Promise.withResolvers() };
    this.#lives.set(id, life);
    // Without a process its start was cut short: nobody was told of it.
    if (!process) return await this.#clear(id);
    this.#hosts.adopt(plan, kept.address);
    const folder = this.#files.of(id);
    const exit = await this.#options.line.ask((client) => client.watch(id, process, folder));
    if (exit) this.#ended(id, exit);
  }

  /** After a new shim came: it learns what runs, and we what ended while none was there. */
  async #watchAll(client: ShimClient): Promise<void> {
    for (const [id, { kept, exit }] of this.#lives) {
      if (exit || !kept.process) continue;
      const ended = await client.watch(id, kept.process, this.#files.of(id));
      if (ended) this.#ended(id, ended);
    }
    if (this.#lives.size > 0)
      this.#options.logger.info({ containers: this.#lives.size }, "a new shim watches what runs");
  }

  #ended(id: string, { exitCode, signal, oomKills, finishedAt }: ShimExit): void {
    const life = this.#lives.get(id);
    if (!life || life.exit) return;
    const exit: ExitStatus = {
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal: signalName(signal) }),
      oomKilled: oomKills > 0,
      finishedAt,
    };
    life.exit = exit;
    life.ended.resolve();
    if (life.isGivenUp) return;
    for (const listener of this.#listeners) listener(id, exit);
  }

  /** True when it ended in time. The wait ends with it: a timer left over would keep an agent that goes down alive. */
  async #endsWithin(life: Life, ms: number): Promise<boolean> {
    const ended = new AbortController();
    void life.ended.promise.then(() => ended.abort());
    await this.#options.clock.sleep(ms, ended.signal).catch(() => undefined);
    return life.exit !== undefined;
  }

  /** Says a verb to a container that may have ended by now. */
  async #tell(verb: (client: ShimClient) => Promise<void>): Promise<void> {
    try {
      await this.#options.line.ask(verb);
    } catch (error) {
      if (!isFleetError(error, "NOT_FOUND")) throw error;
    }
  }

  #kill(id: string): Promise<void> {
    return this.#tell((client) => client.kill(id));
  }

  #userBaseFor(plan: ContainerPlan): number {
    const lives = [...this.#lives.values()];
    const running = lives.filter(({ exit }) => !exit).map(({ kept }) => kept);
    return decideUserBase(plan, running, new Set(lives.map(({ kept }) => kept.userBase)));
  }
}

function hostsFolder(folder: string): string {
  return join(folder, "hosts");
}

async function setHostsMemory(
  { folder, line }: ShimDriverOptions,
  bytesMax: number,
): Promise<void> {
  await mkdir(hostsFolder(folder), { recursive: true });
  await line.ask((client) => client.memoryFolder(hostsFolder(folder), bytesMax));
}

function runningOf({ plan, process, address, startedAt }: KeptContainer): RunningContainer {
  return { id: plan.id, pid: process?.pid ?? 0, address, startedAt };
}

function leaseOf({ plan, address }: KeptContainer): FoundLease {
  const { id, network, ports } = plan;
  return { id, key: `${network.namespace}/${network.name}`, address, ports };
}
