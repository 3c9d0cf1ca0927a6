import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);
const TRIES_MAX = 20;

function isDone(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

/**
 * For tests: another machine on a cable to this one, played by a network namespace and a veth. Its address is from the
 * block that is set aside for benchmarks (198.18.0.0/15), so no real network is touched.
 */
export class RemoteMachine implements AsyncDisposable {
  /** This machine's end of the cable: what players are told. */
  readonly hostAddress: string;
  readonly address: string;
  readonly #holder: ChildProcess;
  readonly #cable: string;

  private constructor(holder: ChildProcess, part: number) {
    this.#holder = holder;
    this.#cable = `cable${part}`;
    this.hostAddress = `198.18.${part}.1`;
    this.address = `198.18.${part}.2`;
  }

  static async open(): Promise<RemoteMachine> {
    // Says a line when it is inside, and ends with its input: a test that is killed leaves nothing.
    const holder = spawn("unshare", ["--net", "sh", "-c", "echo in; read end"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (holder.stdout) await once(holder.stdout, "data");
    const here = (words: string): Promise<unknown> => run("ip", words.split(" "));
    let part = process.pid % 256;
    // Not `flt…`: those are bridges of instances, and what is meant for another bridge is dropped.
    const plug = (): Promise<unknown> =>
      here(`link add cable${part} type veth peer name eth0 netns ${holder.pid}`);
    // Another run on this machine may have that number.
    for (let tries = 1; !(await isDone(plug())); tries++, part = (part + 37) % 256)
      if (tries === TRIES_MAX) throw new Error(`no cable could be made in ${tries} tries`);
    const link = `cable${part}`;
    const machine = new RemoteMachine(holder, part);
    await here(`addr add ${machine.hostAddress}/24 dev ${link}`);
    await here(`link set ${link} up`);
    const there = async (words: string): Promise<unknown> =>
      run("nsenter", [...machine.#inside, "ip", ...words.split(" ")]);
    await there("link set lo up");
    await there(`addr add ${machine.address}/24 dev eth0`);
    await there("link set eth0 up");
    return machine;
  }

  /** Pulls the cable out, or plugs it in again. */
  async cable(state: "down" | "up"): Promise<void> {
    await run("ip", ["link", "set", this.#cable, state]);
  }

  /** The words that start a program there. */
  argv(program: string, ...args: readonly string[]): [string, ...string[]] {
    return ["nsenter", ...this.#inside, program, ...args];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A namespace that ends takes its cable along, but only after a while.
    await run("ip", ["link", "del", this.#cable]);
    const ended = once(this.#holder, "exit");
    this.#holder.stdin?.end();
    await ended;
  }

  get #inside(): string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`];
  }
}
