import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMark } from "../up/state-folder.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/flotilla");

export interface JoinedMachineOptions {
  readonly node: string;
  /** Where it reaches the control plane. */
  readonly api: string;
  readonly joinToken: string;
  readonly pool: string;
  readonly portRange: string;
  /** Words before the program: what starts it somewhere else, such as in another network namespace. */
  readonly prefix?: readonly string[];
  /** More flags of `flotilla agent`. */
  readonly flags?: readonly string[];
}

/**
 * For tests: another machine of a fleet, played by an agent of its own on this one, with its own state folder, instance,
 * address range and ports. Disposing it means `flotilla down --purge` there.
 */
export class JoinedMachine implements AsyncDisposable {
  readonly state: string;
  readonly #options: JoinedMachineOptions;
  #agent: ChildProcess | undefined;
  #said = "";

  private constructor(state: string, options: JoinedMachineOptions) {
    this.state = state;
    this.#options = options;
  }

  static async start(options: JoinedMachineOptions): Promise<JoinedMachine> {
    const machine = new JoinedMachine(await mkdtemp(join(tmpdir(), "flotilla-node-")), options);
    machine.startAgent();
    return machine;
  }

  /** What its agent has logged. */
  get said(): string {
    return this.#said;
  }

  startAgent(): void {
    const { api, node, pool, portRange, prefix = [], flags = [] } = this.#options;
    const words = { api, node, pool, "port-range": portRange, driver: "shim" };
    const settings = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value]);
    const rest = ["--advertise-address", "127.0.0.1", ...flags];
    const [program = "", ...args] = [...prefix, PROGRAM, "agent", ...settings, ...rest];
    const agent = spawn(program, args, { env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
    agent.stdout.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
    agent.stderr.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#agent = agent;
  }

  /** Ends the agent by a signal and waits for that; its containers go on. */
  async endAgent(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP"): Promise<void> {
    const agent = this.#agent;
    if (!agent || agent.exitCode !== null || agent.signalCode !== null) return;
    agent.kill(signal);
    if (signal !== "SIGSTOP") await once(agent, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endAgent("SIGKILL");
    if (readMark(this.state)) await this.#down();
    await rm(this.state, { recursive: true, force: true });
  }

  async #down(): Promise<void> {
    const { prefix = [] } = this.#options;
    const [program = "", ...args] = [...prefix, PROGRAM, "down", "--purge"];
    const down = spawn(program, args, { env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    down.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    down.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(down, "close");
    if (code !== 0)
      throw new Error(`down of node ${this.#options.node} ended with ${code}: ${said}`);
  }

  #env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: this.state,
      FLOTILLA_STATE: this.state,
      FLOTILLA_JOIN_TOKEN: this.#options.joinToken,
    };
  }
}
