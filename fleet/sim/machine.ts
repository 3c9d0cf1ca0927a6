import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { LinkResult, SdkCall } from "../../core/model/link.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { Random } from "../../core/std/random.ts";
import type {
  ContainerDriver,
  ExitStatus,
  FoundContainer,
  RunningContainer,
} from "../../runtime/container/driver.ts";
import { Game, type GameManners } from "./game.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface Made {
  readonly plan: ContainerPlan;
  readonly running: RunningContainer;
  readonly game: Game;
  exit?: ExitStatus;
}
export interface MachineWatcher {
  /** A container is about to be ended by the agent, not by itself. */
  readonly onStop: (plan: ContainerPlan) => void;
  /** A game has ended by itself, or asked to: what happens to its server now has this cause. */
  readonly onCause: (uid: string, cause: string) => void;
  /** A game is about to say that it is Ready. */
  readonly onReady: (uid: string) => void;
  /** A container was to have a port that the container of `other` still has. */
  readonly onPortTaken: (other: ContainerPlan["subject"], message: string) => void;
  readonly onWrong: (message: string) => void;
}
export interface MachineOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly manners: GameManners;
  readonly watcher: MachineWatcher;
}
type Sdk = (call: SdkCall) => Promise<LinkResult>;
type ExitListener = (id: string, exit: ExitStatus) => void;

const START_MS = { min: 2, max: 40 };
const STOP_MS = { min: 1, max: 60 };
const REMOVE_MS = 2;

/** One machine: containers that live whatever happens to agents, and die with the power. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #made = new Map<string, Made>();
  readonly #listeners = new Set<ExitListener>();
  #sdk: Sdk = () => Promise.reject(new FleetError("UNAVAILABLE", "no door yet"));
  #pid = 100;
  #boot = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  onSdk(sdk: Sdk): void {
    this.#sdk = sdk;
  }

  /** Plans of the containers that run. */
  running(): readonly ContainerPlan[] {
    return [...this.#made.values()].filter(({ exit }) => !exit).map(({ plan }) => plan);
  }

  /** Containers of which something is left. */
  get containers(): number {
    return this.#made.size;
  }

  /** The game behind a host port. */
  gameAt(port: number): Game | undefined {
    for (const { plan, game, exit } of this.#made.values())
      if (!exit && plan.ports.some(({ hostPort }) => hostPort === port)) return game;
    return undefined;
  }

  games(): readonly Game[] {
    return [...this.#made.values()].filter(({ exit }) => !exit).map(({ game }) => game);
  }

  powerOff(): void {
    this.#boot++;
    for (const { game, plan } of this.#made.values()) {
      game.end();
      this.#options.watcher.onCause(plan.subject.uid, "its machine lost power");
    }
    this.#made.clear();
  }

  /** The driver of one agent: when that is killed, nobody hears its answers any more. */
  driverFor(signal: AbortSignal): ContainerDriver {
    const dead = new Promise<never>(() => undefined);
    const alive = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      return signal.aborted ? await dead : result;
    };
    const not = (): never => {
      throw new FleetError("UNSUPPORTED", "not on a simulated machine");
    };
    return {
      name: "shim",
      isolation: "simulated",
      start: (plan) => (signal.aborted ? dead : alive(this.#start(plan))),
      stop: (id) => (signal.aborted ? dead : alive(this.#stop(id))),
      remove: (id) => (signal.aborted ? dead : alive(this.#remove(id))),
      find: () => alive(this.#find()),
      limit: async () => undefined,
      exec: not,
      logs: not,
      stats: async () => [],
      onExit: (listener) => {
        const heard: ExitListener = (id, exit) => void (signal.aborted || listener(id, exit));
        this.#listeners.add(heard);
        return { [Symbol.dispose]: () => void this.#listeners.delete(heard) };
      },
      uninstall: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async #start(plan: ContainerPlan): Promise<RunningContainer> {
    const { time, manners, watcher, random, name } = this.#options;
    const boot = this.#boot;
    await time.sleep(random.integer(START_MS.min, START_MS.max));
    if (boot !== this.#boot) return await new Promise<never>(() => undefined);
    if (plan.image.endsWith(":broken")) {
      watcher.onCause(plan.subject.uid, "its container cannot start");
      throw new FleetError("UNSUPPORTED", `${plan.image} has no such program`);
    }
    if (this.#made.has(plan.id)) watcher.onWrong(`${plan.subject.name} was started twice`);
    for (const { hostPort } of plan.ports) {
      const other = this.#ownerOf(hostPort);
      if (!other) continue;
      watcher.onPortTaken(other, `${name}:${hostPort} is ${other.name}'s and was given to another`);
      watcher.onCause(plan.subject.uid, "its host port was taken");
      throw new FleetError("ALREADY_EXISTS", `host port ${hostPort} is taken`);
    }
    const running = { id: plan.id, pid: this.#pid++, address: "10.87.0.2", startedAt: time.now() };
    const game = new Game({
      plan,
      time,
      random,
      manners,
      call: (call) => this.#sdk(call),
      exit: (exit) => this.#end(plan.id, exit),
      onCause: (cause) => watcher.onCause(plan.subject.uid, cause),
      onReady: () => watcher.onReady(plan.subject.uid),
    });
    this.#made.set(plan.id, { plan, running, game });
    game.start();
    return running;
  }

  /** Also a container that has ended keeps its ports until it is removed. */
  #ownerOf(port: number): ContainerPlan["subject"] | undefined {
    for (const { plan } of this.#made.values())
      if (plan.ports.some(({ hostPort }) => hostPort === port)) return plan.subject;
    return undefined;
  }

  async #stop(id: string): Promise<void> {
    const made = this.#made.get(id);
    if (!made || made.exit) return;
    this.#options.watcher.onStop(made.plan);
    await this.#options.time.sleep(this.#options.random.integer(STOP_MS.min, STOP_MS.max));
    this.#end(id, { signal: "SIGTERM" });
  }

  async #remove(id: string): Promise<void> {
    await this.#options.time.sleep(REMOVE_MS);
    const made = this.#made.get(id);
    if (made && !made.exit) this.#options.watcher.onWrong(`${id} was removed while it ran`);
    this.#made.delete(id);
  }

  async #find(): Promise<readonly FoundContainer[]> {
    return [...this.#made.values()].map(({ plan, running, exit }) =>
      exit ? { plan, exit } : { plan, running },
    );
  }

  #end(id: string, how: Partial<ExitStatus>): void {
    const made = this.#made.get(id);
    if (!made || made.exit) return;
    made.game.end();
    made.exit = { oomKilled: false, ...how, finishedAt: this.#options.time.now() };
    for (const listener of [...this.#listeners]) listener(id, made.exit);
  }
}
